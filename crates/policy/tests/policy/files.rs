//! Which files a step file may name.

use expect_test::expect;
use http_step_policy::{FileGlob, Policy};

use crate::policy;

fn glob(text: &str) -> FileGlob {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn globs() {
    for (text, matching, others) in [
        (
            "report.xml",
            &["report.xml"][..],
            &["Report.xml", "a/report.xml", "report.xml/a"][..],
        ),
        ("./report.xml", &["report.xml"], &["a/report.xml"]),
        (
            "*.xml",
            &["a.xml", "report.xml"],
            &["a/b.xml", ".xml", ".a.xml", "a.xml.gz"],
        ),
        (
            "reports/*.xml",
            &["reports/a.xml"],
            &["reports/a/b.xml", "reports/.a.xml"],
        ),
        (
            "reports/**",
            &["reports/a", "reports/b/c/d.xml"],
            &[
                "reports",
                "report/a",
                "reports/.a",
                "reports/.b/c",
                "reports/b/.c/d",
            ],
        ),
        (
            "**",
            &["a", "a/b/c"],
            &[".git/config", ".env", "a/.env", "a/.b/c", ".a/b", "a/b/.c"],
        ),
        (
            "**/*.xml",
            &["a.xml", "b/c/a.xml"],
            &[".b/a.xml", "b/.c/a.xml", "b/.xml"],
        ),
        (
            "a/**/b",
            &["a/b", "a/x/b", "a/x/y/b"],
            &["a/.x/b", "b", "a/x/c", "x/a/b"],
        ),
        ("**/a/**/b", &["a/b", "x/a/y/a/z/b"], &["x/b", "a/.y/b"]),
        (".env", &[".env"], &["env", "a/.env"]),
        (".*", &[".env", ".git"], &["env", ".git/config"]),
        (
            ".git/*",
            &[".git/config"],
            &[".git/.a", ".hg/config", ".git/refs/a"],
        ),
        (
            ".config/**",
            &[".config/a/b"],
            &[".config/.a", ".config/a/.b"],
        ),
        (
            "**/.cache/*.xml",
            &[".cache/a.xml", "a/b/.cache/c.xml"],
            &[".a/.cache/b.xml"],
        ),
        // A wildcard does not match a leading dot.
        ("?env", &["aenv"], &[".env"]),
        ("[.]env", &[], &[".env"]),
        ("[!a]env", &["benv"], &[".env"]),
        ("{.env,a}", &["a"], &[".env"]),
        ("{a,b}/{c,d}.xml", &["a/c.xml", "b/d.xml"], &["a/e.xml"]),
        ("[a-c].xml", &["b.xml"], &["d.xml"]),
        ("a[*]b", &["a*b"], &["axb"]),
        (r"a\*b", &["a*b"], &["axb"]),
        ("bücher/*", &["bücher/a"], &["bucher/a"]),
        // These can't be paths of files.
        (
            "**",
            &[],
            &["", ".", "..", "../a", "a/../b", "./a", "a//b", "/a", "a/"],
        ),
        (".*/**", &[".a/b"], &["../a", "./a", ".a/../b"]),
    ] {
        let glob = glob(text);
        for path in matching {
            assert!(glob.matches(path), "{text} {path}");
        }
        for path in others {
            assert!(!glob.matches(path), "{text} {path}");
        }
    }
    assert_eq!(FileGlob::visible(), glob("**"));
    assert!(FileGlob::visible().matches("a/b") && !FileGlob::visible().matches("a/.b"));
}

#[test]
fn invalid_globs() {
    let mut report = String::new();
    for text in [
        "",
        "/etc/passwd",
        "reports/",
        "../a",
        "a/../b",
        "a/./b",
        "a//b",
        "reports/**.xml",
        "{a/b,c}",
        "[a",
        "a\\",
        &"a".repeat(1025),
    ] {
        report.push_str(&format!("{}\n", text.parse::<FileGlob>().unwrap_err()));
    }
    expect![[r#"
        `` is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`: it is empty
        `/etc/passwd` is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`: it starts with `/`; remove that
        `reports/` is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`: it names a directory; for the files in it, use `reports/**`
        `../a` is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`: it contains `..`; remove that
        `a/../b` is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`: it contains `..`; remove that
        `a/./b` is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`: it contains `.`; remove that
        `a//b` is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`: it has an empty name between two slashes
        `reports/**.xml` is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`: `**` must be between slashes, as in `reports/**/*.xml`
        `{a/b,c}` is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
        `[a` is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`: unclosed character class; missing ']'
        `a\` is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`: dangling '\'
        `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` is not a glob of files such as `report.xml`, `reports/*.xml` or `reports/**`: it is longer than 1024 bytes
    "#]].assert_eq(&report);
}

#[test]
fn none_by_default() {
    let mut report = String::new();
    for (policy, requested, path) in [
        (Policy::nothing(), "report.xml", "report.xml"),
        (Policy::public(), ".git/config", ".git/config"),
        (policy("public: true"), "report.xml", "report.xml"),
        (policy("files: {read: ['**']}"), "a/.env", "a/.env"),
        (policy("files: {read: ['*.xml']}"), "latest.xml", "keys/key"),
        (
            policy("files: {read: ['*.xml']}"),
            "latest.xml",
            ".git/config",
        ),
        (Policy::nothing(), "it's [a] {b}.xml", "it's [a] {b}.xml"),
        (policy("files: {}"), "it's [a] {b}.xml", "it's [a] {b}.xml"),
    ] {
        report.push_str(&format!(
            "{}\n",
            crate::with_grant(&policy.admit_file(requested, path).unwrap_err())
        ));
    }
    expect![[r#"
        the policy does not allow the file `report.xml`: no glob matches it; `- report.xml` under `files: read:`
        the policy does not allow the file `.git/config`: `.git` is hidden and no glob names it; `- .git/config` under `files: read:`
        the policy does not allow the file `report.xml`: no glob matches it; `- report.xml` under `files: read:` in policy.yaml
        the policy does not allow the file `a/.env`: `.env` is hidden and no glob names it; `- a/.env` under `files: read:` in policy.yaml
        the policy does not allow the file `latest.xml`: it resolves to `keys/key`, and no glob matches it; `- keys/key` under `files: read:` in policy.yaml
        the policy does not allow the file `latest.xml`: it resolves to `.git/config`, and `.git` is hidden and no glob names it; `- .git/config` under `files: read:` in policy.yaml
        the policy does not allow the file `it's [a] {b}.xml`: no glob matches it; `- "it's [[]a[]] [{]b[}].xml"` under `files: read:`
        the policy does not allow the file `it's [a] {b}.xml`: no glob matches it; `- "it's [[]a[]] [{]b[}].xml"` under `files: read:` in policy.yaml
    "#]].assert_eq(&report);
}

/// The grant in a denial grants the file, and no other.
#[test]
fn the_line_of_a_denial_grants_the_file() {
    for path in [
        "report.xml",
        ".git/config",
        "a/.b/c d",
        "*",
        "**",
        "[a]",
        "{a,b}",
        "a?b",
        "a!b",
        r"a\b",
        "it's",
        "a: b",
        "# a",
        "'\"",
        "bücher",
        "null",
        "1.5",
        "a\tb",
        "true",
        ".inf",
        "-",
        "a:",
        "~",
        "]a[",
    ] {
        let denial = policy("{}").admit_file(path, path).unwrap_err();
        let grant = denial.grant().unwrap().policy_line();
        assert_eq!(grant.place(), "under `files: read:`");
        let granting = policy(&format!("files:\n  read:\n  {}\n", grant.line()));
        assert_eq!(granting.admit_file(path, path), Ok(()), "{grant}");
        for other in ["report.xmlx", "axb", "a", "b", ".git/confi", "c"] {
            assert!(granting.admit_file(other, other).is_err(), "{path} {other}");
        }
    }
}

/// A name with line breaks is shown in one line.
#[test]
fn a_name_with_a_line_break() {
    let path = "a\nb\u{85}\u{2028}'\u{1b}[31m\\c";
    let denial = policy("{}").admit_file(path, path).unwrap_err();
    expect![[r#"
        the policy does not allow the file `a\nb\u{85}\u{2028}'\u{1b}[31m\c`: no glob matches it; `- "a\nb\u0085\u2028'\u001b[[]31m[\\]c"` under `files: read:` in policy.yaml
    "#]].assert_eq(&format!("{}\n", crate::with_grant(&denial)));
    let grant = denial.grant().unwrap().policy_line();
    let granting = policy(&format!("files:\n  read:\n  {}\n", grant.line()));
    assert_eq!(granting.admit_file(path, path), Ok(()));
    let explained = granting.explain();
    let line = explained.lines().find(|line| line.contains("match"));
    expect![[r#"   3  step files may name files that match a\nb\u{85}\u{2028}'\u{1b}[[]31m[\]c"#]]
        .assert_eq(line.unwrap());
}

#[test]
fn explained() {
    let explained = policy("files:\n  read:\n  - reports/**\n  - .env\n").explain();
    let lines: Vec<&str> = explained
        .lines()
        .filter(|line| line.contains("file"))
        .map(str::trim_start)
        .collect();
    expect![[r#"
        3  step files may name files that match reports/**
        4  step files may name files that match .env"#]]
    .assert_eq(&lines.join("\n"));
}
