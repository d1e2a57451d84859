//! Where a step file comes from.

use std::fs;

use expect_test::expect;

use crate::http_step::{HttpStep, http_step};
use crate::server::{OK, Server};

#[test]
fn from_standard_input() {
    let server = Server::answering(OK);
    let output = http_step("run - --allow")
        .arg(&server.origin)
        .stdin(format!(
            "{{\"post\": \"{}/\", \"data\": \"text\"}}",
            server.origin
        ))
        .run();
    assert!(output.starts_with("exit code 0\n"), "{output}");
    expect![[r#"
        POST / HTTP/1.1
        host: HOST
        user-agent: http-step/0.1.0
        accept-encoding: gzip, deflate, br, zstd
        accept: */*
        content-length: 4

        text"#]]
    .assert_eq(&server.request());
}

#[test]
fn diagnostics_in_standard_input() {
    let output = http_step("run -")
        .stdin("get: http://127.0.0.1/\nhead: 1\n")
        .run();
    expect![[r#"
        exit code 2
        --- stderr
        error: the step file has 2 errors
        standard input:2:1: `get` already gives the URL; remove `get` or `head`
        standard input:2:7: `head`: expected a URL, not a number
    "#]]
    .assert_eq(&output);
}

#[test]
fn the_files_that_it_names_lie_beside_it() {
    let server = Server::answering(OK);
    let step = http_step("run steps/upload.yaml --allow").arg(&server.origin);
    let steps = step.directory().join("steps");
    fs::create_dir(&steps).unwrap();
    fs::write(steps.join("report.txt"), "all is well\n").unwrap();
    fs::write(
        steps.join("upload.yaml"),
        format!("post: {}/\nfiles: {{report: report.txt}}\n", server.origin),
    )
    .unwrap();
    let output = step.run();
    assert!(output.starts_with("exit code 0\n"), "{output}");
    assert!(server.request().contains("\nall is well\n"));
}

#[test]
fn a_file_elsewhere_is_not_sent() {
    let output = |path: &str| {
        let step = format!("post: http://127.0.0.1/\nfiles: {{report: {path}}}\n");
        http_step("run step.yaml").file("step.yaml", step).run()
    };
    expect![[r#"
        exit code 2
        --- stdout
        An exception occurred while performing the request: the file `/etc/hostname` of `files` can't be read: its path is absolute; only files below DIR are read, by their paths from there
        --- stderr
        Requested (exception)
        error: the file `/etc/hostname` of `files` can't be read: its path is absolute; only files below DIR are read, by their paths from there
    "#]].assert_eq(&output("/etc/hostname"));
    expect![[r#"
        exit code 2
        --- stdout
        An exception occurred while performing the request: the file `../elsewhere` of `files` can't be read: it is outside of DIR; only files below that directory are read
        --- stderr
        Requested (exception)
        error: the file `../elsewhere` of `files` can't be read: it is outside of DIR; only files below that directory are read
    "#]].assert_eq(&output("../elsewhere"));
}

/// A step that uploads a file, with files beside it that must not be uploaded.
fn uploading(arguments: &str, path: &str, origin: &str) -> HttpStep {
    let step = http_step(arguments)
        .file(
            "step.yaml",
            format!("post: {origin}/\nfiles: {{a: {path}}}\n"),
        )
        .file("report.txt", "all is well\n")
        .file(".env", "TOKEN=hunter2\n");
    let git = step.directory().join(".git");
    fs::create_dir(&git).unwrap();
    fs::write(git.join("config"), "password = hunter2\n").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(".git/config", step.directory().join("link.txt")).unwrap();
    step
}

#[test]
fn hidden_files_are_not_sent_unless_they_are_named() {
    let server = Server::answering(OK);
    let allow = format!("--allow {}", server.origin);
    let run = |path: &str, arguments: &str| {
        let arguments = format!("run step.yaml {allow} {arguments}");
        uploading(&arguments, path, &server.origin)
            .word(&server.origin, "ORIGIN")
            .run()
    };
    let mut output = String::new();
    for path in [
        ".env",
        ".git/config",
        "./.git/../.git/config",
        ".git/missing",
        #[cfg(unix)]
        "link.txt",
    ] {
        output.push_str(&format!("$ {path}\n{}", run(path, "")));
    }
    expect![[r#"
        $ .env
        exit code 3
        --- stdout
        An exception occurred while performing the request: the policy does not allow the file `.env`: `.env` is hidden and no glob names it
        --- stderr
        Requested (denied)
        error: the policy does not allow the file `.env`: `.env` is hidden and no glob names it; allow it with `--allow-file .env`
        $ .git/config
        exit code 3
        --- stdout
        An exception occurred while performing the request: the policy does not allow the file `.git/config`: `.git` is hidden and no glob names it
        --- stderr
        Requested (denied)
        error: the policy does not allow the file `.git/config`: `.git` is hidden and no glob names it; allow it with `--allow-file .git/config`
        $ ./.git/../.git/config
        exit code 3
        --- stdout
        An exception occurred while performing the request: the policy does not allow the file `./.git/../.git/config`: it resolves to `.git/config`, and `.git` is hidden and no glob names it
        --- stderr
        Requested (denied)
        error: the policy does not allow the file `./.git/../.git/config`: it resolves to `.git/config`, and `.git` is hidden and no glob names it; allow it with `--allow-file .git/config`
        $ .git/missing
        exit code 3
        --- stdout
        An exception occurred while performing the request: the policy does not allow the file `.git/missing`: `.git` is hidden and no glob names it
        --- stderr
        Requested (denied)
        error: the policy does not allow the file `.git/missing`: `.git` is hidden and no glob names it; allow it with `--allow-file .git/missing`
        $ link.txt
        exit code 3
        --- stdout
        An exception occurred while performing the request: the policy does not allow the file `link.txt`: it resolves to `.git/config`, and `.git` is hidden and no glob names it
        --- stderr
        Requested (denied)
        error: the policy does not allow the file `link.txt`: it resolves to `.git/config`, and `.git` is hidden and no glob names it; allow it with `--allow-file .git/config`
    "#]].assert_eq(&output);
    assert!(!server.was_requested());
    // The argument that the denial names permits it.
    let allowed = run(".git/config", "--allow-file .git/config");
    assert!(allowed.starts_with("exit code 0\n"), "{allowed}");
    assert!(server.request().contains("password = hunter2"));
    let server = Server::answering(OK);
    let arguments = format!("run step.yaml --allow {} --allow-file .env", server.origin);
    let output = uploading(&arguments, "report.txt", &server.origin).run();
    assert!(output.starts_with("exit code 0\n"), "{output}");
}

#[test]
fn a_step_file_from_standard_input_sends_what_an_argument_names() {
    let server = Server::answering(OK);
    let run = |arguments: &str| {
        let arguments = format!("run - --allow {} {arguments}", server.origin);
        uploading(&arguments, "", "")
            .stdin(format!(
                "post: {}/\nfiles: {{a: report.txt}}\n",
                server.origin
            ))
            .run()
    };
    expect![[r#"
        exit code 3
        --- stdout
        An exception occurred while performing the request: the policy does not allow the file `report.txt`: no glob matches it
        --- stderr
        Requested (denied)
        error: the policy does not allow the file `report.txt`: no glob matches it; allow it with `--allow-file report.txt`
    "#]].assert_eq(&run(""));
    assert!(!server.was_requested());
    // By its path, too.
    #[cfg(unix)]
    for path in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        let output = uploading(&format!("run {path} --allow {}", server.origin), "", "")
            .stdin(format!(
                "post: {}/\nfiles: {{a: report.txt}}\n",
                server.origin
            ))
            .run();
        assert!(
            output.ends_with("allow it with `--allow-file report.txt`\n"),
            "{path}: {output}"
        );
    }
    let allowed = run("--allow-file report.txt");
    assert!(allowed.starts_with("exit code 0\n"), "{allowed}");
    assert!(server.request().contains("all is well"));
}

#[test]
fn a_component_of_the_user_gets_no_file_by_default() {
    let server = Server::answering(OK);
    let run = |arguments: &str| {
        let arguments = format!(
            "run step.yaml --component step.wasm --allow {} {arguments}",
            server.origin
        );
        uploading(&arguments, "report.txt", &server.origin)
            .file("step.wasm", http_step_component::WASM)
            .run()
    };
    let denied = run("");
    assert!(denied.starts_with("exit code 3\n"), "{denied}");
    assert!(
        denied.ends_with("allow it with `--allow-file report.txt`\n"),
        "{denied}"
    );
    let allowed = run("--allow-file report.txt");
    assert!(allowed.starts_with("exit code 0\n"), "{allowed}");
}

#[test]
fn a_policy_says_which_files_are_sent() {
    let run = |policy: &str, path: &str| {
        let server = Server::answering(OK);
        let policy = format!("allow: ['{}']\n{policy}", server.origin);
        let output = uploading("run step.yaml --policy policy.yaml", path, &server.origin)
            .file("policy.yaml", &policy)
            .word(&server.origin, "ORIGIN")
            .run();
        let end = output.lines().last().unwrap();
        format!(
            "{policy:?} {path}: {}: {end}\n",
            output.lines().next().unwrap()
        )
        .replace(&server.origin, "ORIGIN")
    };
    let output = [
        run("", "report.txt"),
        run("", "missing.txt"),
        run("files: {read: ['*.xml']}", "report.txt"),
        run("files: {read: ['*.txt']}", "report.txt"),
        run("files: {read: ['*.txt']}", "missing.txt"),
        run("files: {read: ['**']}", ".git/config"),
        run("files: {read: ['.git/*']}", ".git/config"),
        #[cfg(unix)]
        run("files: {read: ['*.txt']}", "link.txt"),
    ];
    expect![[r#"
        "allow: ['ORIGIN']\n" report.txt: exit code 3: error: the policy does not allow the file `report.txt`: no glob matches it; allow it with `- report.txt` under `files: read:` in policy.yaml
        "allow: ['ORIGIN']\n" missing.txt: exit code 3: error: the policy does not allow the file `missing.txt`: no glob matches it; allow it with `- missing.txt` under `files: read:` in policy.yaml
        "allow: ['ORIGIN']\nfiles: {read: ['*.xml']}" report.txt: exit code 3: error: the policy does not allow the file `report.txt`: no glob matches it; allow it with `- report.txt` under `files: read:` in policy.yaml
        "allow: ['ORIGIN']\nfiles: {read: ['*.txt']}" report.txt: exit code 0: Status code: 200
        "allow: ['ORIGIN']\nfiles: {read: ['*.txt']}" missing.txt: exit code 2: error: the file `missing.txt` of `files` can't be read: there is no such file in DIR
        "allow: ['ORIGIN']\nfiles: {read: ['**']}" .git/config: exit code 3: error: the policy does not allow the file `.git/config`: `.git` is hidden and no glob names it; allow it with `- .git/config` under `files: read:` in policy.yaml
        "allow: ['ORIGIN']\nfiles: {read: ['.git/*']}" .git/config: exit code 0: Status code: 200
        "allow: ['ORIGIN']\nfiles: {read: ['*.txt']}" link.txt: exit code 3: error: the policy does not allow the file `link.txt`: it resolves to `.git/config`, and `.git` is hidden and no glob names it; allow it with `- .git/config` under `files: read:` in policy.yaml
    "#]].assert_eq(&output.concat());
    let output = http_step("run step.yaml --allow-file /etc/passwd").run();
    expect![[r#"
        exit code 2
        --- stderr
        error: invalid value for '--allow-file <GLOB>': `/etc/passwd` is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`: it starts with `/`; remove that

        For more information, try '--help'.
    "#]].assert_eq(&output);
}

#[test]
fn a_missing_file() {
    let run = |path: &str| http_step("run").arg(path).run();
    expect![[r#"
        exit code 2
        --- stderr
        error: missing.yaml: there is no such step file
    "#]]
    .assert_eq(&run("missing.yaml"));
    expect![[r#"
        exit code 2
        --- stderr
        error: ci.example.com/hooks: there is no such step file; if it is a URL, write `https://ci.example.com/hooks`
    "#]].assert_eq(&run("ci.example.com/hooks"));
    expect![[r#"
        exit code 2
        --- stderr
        error: 127.0.0.1:8080: there is no such step file; if it is a URL, write `http://127.0.0.1:8080`
    "#]].assert_eq(&run("127.0.0.1:8080"));
    expect![[r#"
        exit code 2
        --- stderr
        error: …@ci.example.com: there is no such step file
    "#]]
    .assert_eq(&run("joe:hunter2@ci.example.com"));
    expect![[r#"
        exit code 2
        --- stderr
        error: http:/127.0.0.1:8080/x: there is no such step file; if it is a URL, write `http://127.0.0.1:8080/x`
    "#]].assert_eq(&run("http:/127.0.0.1:8080/x"));
    expect![[r#"
        exit code 2
        --- stderr
        error: ${{ secret.HOOK }}: there is no such step file; a URL that is an expression goes into a step file, as `url: ${{ secret.HOOK }}`
    "#]].assert_eq(&run("${{ secret.HOOK }}"));
    #[cfg(unix)]
    expect![[r#"
        exit code 2
        --- stderr
        error: /: this is a directory, not a file
    "#]]
    .assert_eq(&run("/"));
}
