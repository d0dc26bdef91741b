//! What is the components' alone: typed rows, worlds with more exports, sleeping in WASI 0.2, refusals.

use std::sync::Arc;

use sandmill::config::Isolation;
use sandmill::outcome::FailureKind::{BadOutput, GuestError, OutputLimit, Trap};
use sandmill::outcome::Outcome;
use sandmill::sandbox::{Contract, Shared};

use crate::harness::components;
use crate::harness::guests::{
    TestInput, assert_failed, guest, load, refusal, rejects, rows, run_all, settings, settings_with,
};

fn told() -> Vec<u8> {
    components::processor(&guest("told_component.wat"), "processor")
}

#[test]
fn components_are_known_by_their_worlds() {
    assert_eq!(load(&told(), settings()).contract(), Contract::ProcessorComponent);
    let command = components::command(guest("told_command.wat"));
    assert_eq!(load(&command, settings()).contract(), Contract::CommandComponent);
}

#[test]
fn typed_cells_become_the_json_that_they_mean() {
    let attempts = run_all(&told(), settings(), [("a", "n".into())]);
    assert_eq!(rows(&attempts[0]), "{\"used\":0}\n{\"text\":\"a \\\"b\\\"\",\"float\":1.5,\"json\":0.10}\n");
}

#[test]
fn numbers_that_are_none_are_no_rows() {
    let nan =
        guest("told_component.wat").replace("\\00\\00\\00\\00\\00\\00\\f8\\3f", "\\00\\00\\00\\00\\00\\00\\f8\\7f");
    let attempts = run_all(&components::processor(&nan, "processor"), settings(), [("a", "n".into())]);
    assert_failed(&attempts[0], BadOutput, "NaN");
}

#[test]
fn skips_rejects_and_parameters_are_as_in_a_reactor() {
    let settings = settings_with(|settings| {
        settings.params.insert("other".to_owned(), "{\"p\":1}".to_owned());
    });
    let attempts = run_all(&told(), settings, [("a", "i".into()), ("b", "e".into()), ("c", "p".into())]);
    assert_eq!(attempts[0].outcome, Outcome::Skipped { reason: "as told".to_owned() });
    let found: Vec<_> = rejects(&attempts[1]).iter().map(|reject| (reject.record, reject.offset)).collect();
    assert_eq!(found, [(7, Some(9)), (8, None)]);
    assert_eq!(rows(&attempts[2]), "{\"used\":0}\n{\"p\":1}\n");
}

#[test]
fn files_are_given_as_by_a_reactor() {
    let attempts = run_all(&told(), settings(), [("a", "w".into()), ("b", "W".into()), ("c", "k".into())]);
    let files: Vec<_> = attempts[0].files.iter().map(|file| (file.name.as_deref(), file.bytes.as_slice())).collect();
    assert_eq!(files, [(Some("as told"), &b"no JSON"[..])]);
    assert_failed(&attempts[1], BadOutput, "file name");
    assert!(attempts[2].files.is_empty());
    let few = settings_with(|settings| settings.budget.output_bytes = 4_096);
    assert_failed(&run_all(&told(), few, [("a", "w".into())])[0], OutputLimit, "4096 bytes");
}

#[test]
fn shared_data_is_read_as_by_a_reactor() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("other"), "  {\"n\":1}{\"n\":2}").unwrap();
    let shared = Arc::new(Shared::copy(folder.path()).unwrap());
    let sharing = || settings_with(|settings| settings.shared = Some(Arc::clone(&shared)));
    let attempts = run_all(&told(), sharing(), [("a", "q".into()), ("b", "Q".into())]);
    assert_eq!(rows(&attempts[0]), "{\"used\":0}\n{\"n\":1}\n{\"n\":2}\n");
    assert_eq!(rows(&attempts[1]), "{\"used\":0}\n");
    let attempts = run_all(&told(), settings(), [("a", "q".into()), ("b", "Q".into())]);
    assert_eq!(rows(&attempts[0]), "{\"used\":0}\n");
    assert_failed(&attempts[1], Trap, "no shared file \"other\"");
}

#[test]
fn a_large_input_is_read_in_pieces() {
    let bytes = (3 << 20) + 1;
    let input = TestInput::generated(bytes);
    let asked = Arc::clone(&input.asked);
    let attempts = run_all(&told(), settings(), [("a", input)]);
    let reject = &rejects(&attempts[0])[0];
    assert_eq!((reject.record, reject.offset), (bytes, Some(bytes)));
    assert!(asked.largest_buffer_bytes.load(std::sync::atomic::Ordering::Relaxed) <= 1 << 20);
}

#[test]
fn what_a_list_says_of_itself_costs_the_host_nothing() {
    let attempts = run_all(&told(), settings(), [("a", "h".into()), ("b", "a".into()), ("c", "k".into())]);
    assert_failed(&attempts[0], Trap, "");
    assert_failed(&attempts[1], OutputLimit, "");
    assert_eq!(rows(&attempts[2]), "{\"used\":0}\n");
}

#[test]
fn the_end_of_a_log_is_kept() {
    let attempts = run_all(&told(), settings(), [("a", "f".into())]);
    assert_eq!(rows(&attempts[0]), "{\"used\":0}\n");
    assert!(attempts[0].log.len() <= 1 << 10 && attempts[0].log.ends_with("as told\n"), "{:?}", attempts[0].log);
}

#[test]
fn columns_and_initialisation_are_asked_for_if_they_are_there() {
    // The columns are none (a flag of 0), or the one at 82; the initialisation succeeds, or fails as told.
    let exports = |columns: &str, init: &str| {
        let source = guest("told_component.wat").replace(
            "(func $deeper (call $deeper)))",
            &format!(
                "(func $deeper (call $deeper))
                 (data (i32.const 400) \"{columns}\\a8\\01\\00\\00\\01\\00\\00\\00\")
                 (data (i32.const 424) \"\\42\\00\\00\\00\\04\\00\\00\\00\")
                 (data (i32.const 440) \"{init}\\70\\00\\00\\00\\07\\00\\00\\00\")
                 (func (export \"sandmill:processor/guest-columns@1.0.0#columns\") (result i32) (i32.const 400))
                 (func (export \"sandmill:processor/guest-init@1.0.0#init\") (result i32) (i32.const 440)))"
            ),
        );
        components::processor(&source, "processor-with-init")
    };
    let (no, yes) = ("\\00\\00\\00\\00", "\\01\\00\\00\\00");
    assert_eq!(load(&exports(no, no), settings()).schema().columns, None);
    assert_eq!(load(&exports(yes, no), settings()).schema().columns, Some(vec!["used".to_owned()]));
    assert!(refusal(&exports(no, yes), settings()).contains("as told"));
    for attempt in run_all(&exports(yes, no), settings(), [("a", "k".into()), ("b", "k".into())]) {
        assert_eq!(rows(&attempt), "{\"used\":0}\n");
    }
}

#[test]
fn an_instance_that_is_kept_is_kept() {
    let settings = settings_with(|settings| settings.isolation = Isolation::Worker);
    let attempts = run_all(&told(), settings, [("a", "k".into()), ("b", "k".into()), ("c", "g".into())]);
    assert_eq!(rows(&attempts[1]), "{\"used\":1}\n");
    assert_failed(&attempts[2], GuestError, "as told");
}

#[test]
fn an_interface_that_is_not_granted_is_refused_by_its_name() {
    let component = |interface: &str| {
        format!(
            "(component
               (import \"{interface}\" (instance (export \"f\" (func))))
               (instance $run (export \"run\" (func 0)))
               (export \"wasi:cli/run@0.2.0\" (instance $run)))"
        )
        .replace(
            "(instance $run (export \"run\" (func 0)))",
            "(alias export 0 \"f\" (func $f)) (instance $run (export \"run\" (func $f)))",
        )
    };
    let refused = |interface: &str| refusal(component(interface).as_bytes(), settings());
    assert!(refused("wasi:http/outgoing-handler@0.2.3").contains("no network"));
    assert!(refused("sandmill:processor/host@1.0.0").contains("to a WASI command"));
    assert!(refused("wasi:cli/stdout@0.3.0").contains("0.2"));
    assert!(refused("acme:thing/door").contains("acme:thing/door"));
}
