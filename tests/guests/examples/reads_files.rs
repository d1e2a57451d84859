//! Looks for files that every system has, and for those of the process.

use http_step_test_guests::*;

struct Step;

fn report_result<T>(what: &str, got: std::io::Result<T>) {
    report(&format!(
        "{what}: {}",
        if got.is_ok() { "got" } else { "none" }
    ));
}

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        for path in [
            "/etc/passwd",
            "/proc/self/environ",
            "../../etc/passwd",
            "Cargo.toml",
            "NUL",
        ] {
            report_result(path, std::fs::read(path));
        }
        report_result("a list of /", std::fs::read_dir("/"));
        report_result("a list of .", std::fs::read_dir("."));
        report_result(
            "a file of its own",
            std::fs::write("/tmp/http-step-attack", "here"),
        );
        success("looked")
    }
}

export!(Step);
