//! A command's arguments: `--args` with the path of the input put in.

/// argv\[0\] of every command.
const PROGRAM: &str = "processor";

/// Stands for the path of the input.
const PATH: &str = "{}";

/// The arguments of a command for the input at `path`, argv\[0\] first. `{}` in `args` is the path, and `{{}}` is `{}`.
pub fn expand(args: &[String], path: &str) -> Vec<String> {
    let mut argv = Vec::with_capacity(1 + args.len());
    argv.push(PROGRAM.to_owned());
    argv.extend(args.iter().map(|arg| expand_one(arg, path)));
    argv
}

fn expand_one(arg: &str, path: &str) -> String {
    // Cut at the escapes first, so that the path, whatever is in it, is not looked at again.
    let parts: Vec<String> = arg.split("{{}}").map(|part| part.replace(PATH, path)).collect();
    parts.join(PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(arg: &str, path: &str) -> String {
        expand(&[arg.to_owned()], path).remove(1)
    }

    #[test]
    fn the_path_is_put_in_wherever_it_is_asked_for() {
        assert_eq!(expand(&[], "a"), ["processor"]);
        assert_eq!(expanded("{}", "a b"), "a b");
        assert_eq!(expanded("--from={}:{}", "a"), "--from=a:a");
        assert_eq!(expanded("no path", "a"), "no path");
    }

    #[test]
    fn doubled_braces_are_braces_and_a_path_is_never_expanded() {
        assert_eq!(expanded("const o = {{}}; f({})", "a"), "const o = {}; f(a)");
        assert_eq!(expanded("{}", "{}{{}}"), "{}{{}}");
        assert_eq!(expanded("{{}}{}", "{{}}"), "{}{{}}");
    }
}
