//! Files for other programs: a schema for editors, a script for shells.

use crate::http_step::http_step;

#[test]
fn the_schema_is_that_of_step_files() {
    let output = http_step("schema").run_for_stdout();
    let schema: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(schema, http_step_file::schema());
}

#[test]
fn the_schema_is_that_of_policies() {
    let output = http_step("schema policy").run_for_stdout();
    let schema: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(schema, http_step_host::policy::schema());
    let output = http_step("schema step-file").run_for_stdout();
    assert_eq!(output, http_step("schema").run_for_stdout());
}

/// The documentation shows how an editor gets a schema; the name in its first line is the name of
/// the file that is written.
#[test]
fn editors_find_the_schema_that_the_documentation_writes() {
    for (page, kind) in [
        (include_str!("../../../docs/step-file.md"), "step-file"),
        (include_str!("../../../docs/policy.md"), "policy"),
    ] {
        let mut lines = page.lines();
        let command = lines
            .find_map(|line| line.strip_prefix("http-step schema"))
            .unwrap();
        let (arguments, file) = command.split_once(" > ").unwrap();
        let output = http_step(&format!("schema{arguments}")).run_for_stdout();
        assert_eq!(output, http_step("schema").arg(kind).run_for_stdout());
        let named = lines.find_map(|line| line.strip_prefix("# yaml-language-server: $schema="));
        assert_eq!(named, Some(file));
    }
}

#[test]
fn a_script_for_each_shell() {
    for (shell, registration) in [
        ("bash", "complete -F _http__step "),
        ("zsh", "#compdef http-step\n"),
        ("fish", "complete -c http-step "),
    ] {
        let script = http_step("completions").arg(shell).run_for_stdout();
        assert!(script.contains(registration), "{script}");
        for subcommand in ["run", "demo", "check", "inspect", "schema"] {
            assert!(script.contains(subcommand), "{shell}: {subcommand}");
        }
    }
}

#[cfg(unix)]
#[test]
fn bash_understands_its_script() {
    use std::process::Command;

    let script = http_step("completions bash").run_for_stdout();
    let output = Command::new("bash").args(["-n", "-c", &script]).output();
    // Without bash, its script is not tested.
    if let Ok(output) = output {
        assert!(output.status.success(), "{output:?}");
    }
}

/// The lines of the help, with a separate home directory.
#[cfg(unix)]
#[test]
fn the_help_says_how_bash_finds_its_script() {
    use crate::http_step::shell;

    let help = http_step("completions --help").run();
    let (_, lines) = help.split_once("bash: ").unwrap();
    let (lines, _) = lines.split_once("zsh: ").unwrap();
    let home = tempfile::tempdir().unwrap();
    let installed = home
        .path()
        .join(".local/share/bash-completion/completions/http-step");
    let script = format!(
        "set -e\n{lines}\nsource {}\ncomplete -p http-step",
        installed.display()
    );
    let output = shell("bash", &script).env("HOME", home.path()).output();
    // Without bash, its script is not tested.
    if let Ok(output) = output {
        assert!(output.status.success(), "{output:?}");
        let output = String::from_utf8(output.stdout).unwrap();
        assert!(output.contains("-F _http__step http-step"), "{output}");
    }
}
