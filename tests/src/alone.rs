//! Tests that count what their process holds.

use std::env;
use std::process::Command;

/// Whether this process runs only the test of this name. If not, a process that does is started and
/// has to succeed; the test then has nothing left to do.
pub fn alone(test: &str) -> bool {
    const NAME: &str = "HTTP_STEP_TEST_ALONE";
    if env::var_os(NAME).is_some_and(|name| name == test) {
        return true;
    }
    let output = Command::new(env::current_exe().expect("the program of the tests"))
        .args(["--exact", test, "--nocapture"])
        .env(NAME, test)
        .output()
        .expect("the tests start once more");
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && report.contains(" 1 passed;"),
        "{report}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    false
}
