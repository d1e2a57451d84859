//! What other programs are given: editors a schema, shells a script.

use crate::http_step::http_step;

#[test]
fn the_schema_is_that_of_step_files() {
    let told = http_step("schema").run_for_stdout();
    let schema: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(schema, http_step_file::schema());
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
    // A machine without bash needs no script for it.
    if let Ok(output) = output {
        assert!(output.status.success(), "{output:?}");
    }
}
