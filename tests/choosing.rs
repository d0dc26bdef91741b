//! Which of the inputs a run takes, and in which order it starts them.

use std::num::NonZeroUsize;
use std::sync::Mutex;

use sandmill::config::{OnMissing, Order, Sample};
use sandmill::event::{Event, Monitor, Stop};

use crate::harness::job::{Job, Watcher};
use crate::harness::program::Program;

/// A monitor that remembers in which order tasks start.
#[derive(Default)]
struct Starts(Mutex<Vec<String>>);

impl Monitor for Starts {
    fn event(&self, event: Event<'_>) {
        if let Event::TaskStarted { task, .. } = event {
            self.0.lock().unwrap().push(task.path.to_string());
        }
    }

    fn stop(&self) -> Option<Stop> {
        None
    }

    fn wants_task_starts(&self) -> bool {
        true
    }
}

#[test]
fn a_limit_takes_the_first_inputs_and_the_rest_can_follow() {
    let mut job = Job::new("echo.wat");
    job.numbered_inputs(10);
    job.config.source.choice.limit = Some(3);
    job.config.resume.on_missing = OnMissing::Drop;
    assert_eq!(job.run().run.done, 3);
    assert_eq!(job.results(), "path,n\nf0000.json,0\nf0001.json,1\nf0002.json,2\n");
    job.config.source.choice.limit = Some(5);
    let summary = job.run();
    assert_eq!((summary.kept, summary.run.done), (3, 2));
    job.config.source.choice.limit = Some(1);
    let watcher = Watcher::default();
    assert_eq!(job.run_watched(&watcher).total.done, 5, "what the run is not about is not missing");
    assert_eq!(watcher.notices(), []);
    job.config.source.choice.limit = None;
    assert_eq!(job.run().total.done, 10);
}

#[test]
fn a_sample_is_the_same_each_time_and_grows_into_the_whole() {
    let mut job = Job::new("echo.wat");
    job.numbered_inputs(400);
    job.config.source.choice.sample = Some(Sample { percent: 10.0, seed: 7 });
    let first = job.run().run.done;
    assert!((15..80).contains(&first), "{first}");
    assert_eq!(job.run().kept, first);
    job.config.source.choice.sample = Some(Sample { percent: 50.0, seed: 7 });
    assert_eq!(job.run().kept, first);
    job.config.source.choice.sample = None;
    assert_eq!(job.run().total.done, 400);
}

#[test]
fn the_largest_start_first_and_results_stay_in_input_order() {
    let mut job = Job::new("echo.wat");
    job.input("a", "{}").input("b", format!("{{\"n\":1{}}}", " ".repeat(50))).input("c", "{\"n\":2}").input("d", "{}");
    job.config.source.choice.order = Order::Size;
    job.config.workers = NonZeroUsize::MIN;
    let starts = Starts::default();
    sandmill::run(&job.config, &starts).unwrap();
    assert_eq!(starts.0.into_inner().unwrap(), ["b", "c", "a", "d"]);
    assert_eq!(job.results(), "path,n\na,\nb,1\nc,2\nd,\n");
}

#[test]
fn the_command_line_chooses() {
    let job = Job::new("echo.wat");
    job.numbered_inputs(20);
    let (processor, inputs) = (job.config.processor.clone(), job.path(""));
    let plan = |more: &[&str]| {
        Program::new()
            .args(["plan".as_ref(), processor.as_os_str(), inputs.as_os_str()])
            .args(["-o", "none"])
            .args(more)
    };
    let limited = plan(&["--limit", "2", "--order-by", "size"]).run().expect_code(0);
    assert_eq!(limited.stdout().lines().count(), 2);
    let sampled = plan(&["--sample", "50%", "--seed", "3"]).run().expect_code(0);
    assert!((1..20).contains(&sampled.stdout().lines().count()), "{sampled}");
    plan(&["--sample", "0%"]).run().expect_code(2).expect_stderr("above 0");
    plan(&["--seed", "3"]).run().expect_code(2).expect_stderr("--sample");
}

#[test]
fn standard_input_is_one_input_whole_or_split() {
    let lines: String = (0..20_000).map(|number| format!("{{\"n\":{number}}}\n")).collect();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, lines.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let job = Job::new("echo.wat");
    let run = |out: &str, more: &[&str], input: &[u8]| {
        let args = ["run".as_ref(), job.config.processor.as_os_str(), "-".as_ref(), "-o".as_ref()];
        Program::new().args(args).args([job.out(out)]).args(more).run_with_input(input)
    };
    let results = |out: &str| std::fs::read_to_string(job.out(out).join("results.csv")).unwrap();
    run("whole", &[], b"{\"n\":1}").expect_code(0);
    assert_eq!(results("whole"), "path,n\n-,1\n");
    run("packed", &[], &packed).expect_code(0);
    assert_eq!(results("packed").lines().count(), 20_001);
    for (out, input) in [("split", lines.as_bytes()), ("split-packed", &packed)] {
        run(out, &["--split", "lines", "--chunk-bytes", "1000"], input).expect_code(0);
        let numbers: Vec<u32> =
            results(out).lines().skip(1).map(|line| line.rsplit(',').next().unwrap().parse().unwrap()).collect();
        assert!(numbers.iter().copied().eq(0..20_000), "{out}");
    }
    run("whole", &[], b"{}").expect_code(1).expect_stderr("cannot be resumed: use another folder");
    run("large", &["--max-input", "4"], b"{\"n\":1}").expect_code(3).expect_stderr("");
    run("entries", &["--split", "json-entries"], b"{\n}\n").expect_code(3);
    run("two", &["./x"], b"").expect_code(2).expect_stderr("only be an input alone");
    let plan = ["plan".as_ref(), job.config.processor.as_os_str(), "-".as_ref(), "-o".as_ref(), "none".as_ref()];
    Program::new().args(plan).run().expect_code(1).expect_stderr("nothing can be planned");
}
