//! The README's examples: the program's output is the one that they show.

use crate::http_step::http_step;
use crate::server::{OK, Server};

const README: &str = include_str!("../../../README.md");

/// Where the README's service listens.
const SERVICE: &str = "http://127.0.0.1:8080";

#[test]
fn every_command_prints_what_the_readme_shows() {
    let service = Server::answering(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{\"queued\":true}",
    );
    let yaml = blocks("yaml");
    let [step, policy, release] = yaml.as_slice() else {
        panic!("a step file, a policy, and a step file with a secret");
    };
    let here = |text: &str| text.replace(SERVICE, &service.origin);
    let (step, policy, release) = (here(step), here(policy), here(release));
    let mut commands = 0;
    for block in blocks("console") {
        for example in block.split("$ http-step ").skip(1) {
            commands += 1;
            let (command, shown) = example.split_once('\n').unwrap();
            let mut program = http_step("")
                .file("notify.yaml", &step)
                .file("policy.yaml", &policy)
                .file("release.yaml", &release)
                .file("token.txt", "open-sesame\n");
            for argument in arguments(&command.replace(SERVICE, &service.origin)) {
                program = program.arg(argument);
            }
            let output = program.word(&service.origin, SERVICE).run();
            let output: Vec<_> = output
                .lines()
                .filter(|line| !line.starts_with("exit code") && !line.starts_with("---"))
                .map(|line| line.trim_end_matches('¶'))
                .collect();
            // Where no output is shown, it would be too long.
            if shown.trim().is_empty() {
                assert_eq!(output[1], "  \"outcome\": \"success\",", "{command}");
            } else {
                assert_eq!(output.join("\n").trim_end(), shown.trim_end(), "{command}");
            }
        }
    }
    assert_eq!(commands, 8);
}

/// The examples with jq, if it is installed.
#[cfg(unix)]
#[test]
fn jq_writes_a_body_and_reads_one() {
    use crate::http_step::shell;

    if !shell("sh", "jq --version")
        .output()
        .unwrap()
        .status
        .success()
    {
        return;
    }
    let service = Server::answering(OK);
    let lines: Vec<_> = blocks("sh")
        .into_iter()
        .flat_map(str::lines)
        .filter(|line| line.contains("jq"))
        .collect();
    let [writes, reads] = lines.as_slice() else {
        panic!("a line that writes a body and a line that reads one");
    };
    let stdout = |line: &str, service: &Server| {
        let output = shell("sh", &line.replace(SERVICE, &service.origin))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    stdout(writes, &service);
    let request = service.request();
    let (_, body) = request.split_once("\n\n").unwrap();
    assert_eq!(body, "{\n  \"branch\": \"main\"\n}\n");
    assert_eq!(stdout(reads, &service), "hello\n");
    // After a redirect it is the last body only.
    let moved = Server::answering_in_order(&[
        "HTTP/1.1 302 Found\r\nlocation: /there\r\ncontent-length: 6\r\n\r\nmoved\n",
        OK,
    ]);
    assert_eq!(stdout(reads, &moved), "hello\n");
}

/// The code blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    README
        .split(&format!("```{language}\n"))
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect()
}

/// The arguments of a command line, some of them in single quotes.
fn arguments(line: &str) -> Vec<String> {
    let quoted = line.split('\'').enumerate();
    quoted
        .flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}
