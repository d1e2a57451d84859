//! Looks for what the sandbox is not to hold.

use http_step_test_guests::*;

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        let files = std::fs::read_dir("/").map(|entries| entries.count());
        #[expect(clippy::disallowed_methods, reason = "this is what it must not get")]
        let connection = std::net::TcpStream::connect("127.0.0.1:9");
        let mut input = String::new();
        let read = std::io::Read::read_to_string(&mut std::io::stdin(), &mut input);
        let seen = [
            format!("environment: {:?}", std::env::vars().collect::<Vec<_>>()),
            format!("arguments: {:?}", std::env::args().collect::<Vec<_>>()),
            format!("files: {}", if files.is_ok() { "some" } else { "none" }),
            format!(
                "connection: {}",
                if connection.is_ok() { "made" } else { "none" }
            ),
            format!(
                "input: {input:?}, {}",
                if read.is_ok() { "ended" } else { "failed" }
            ),
            format!("secret: {:?}", properties::secret("TOKEN")),
        ];
        log::write(log::Stream::Stdout, &seen.join("\n"));
        success("told")
    }
}

export!(Step);
