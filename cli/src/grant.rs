//! How to allow what a policy denied: by an option of this program, or by a line of the
//! policy file if there is one.

use http_step_host::RunResult;
use http_step_host::policy::{Denial, Grant, Origin, Permission, Place};

/// A denial, and how to allow it.
pub(crate) fn explained(denial: &Denial) -> String {
    with_grant(denial.to_string(), denial.grant().as_ref())
}

/// Complete the messages of a result: each denial says how to allow it.
pub(crate) fn explain(result: &mut RunResult) {
    if let Some(error) = &mut result.error {
        error.message = with_grant(std::mem::take(&mut error.message), error.grant.as_ref());
    }
    for error in result
        .ledger
        .iter_mut()
        .filter_map(|row| row.error.as_mut())
    {
        error.message = with_grant(std::mem::take(&mut error.message), error.grant.as_ref());
    }
}

fn with_grant(message: String, grant: Option<&Grant>) -> String {
    match grant {
        Some(grant) => format!("{message}; allow it with {}", words(grant)),
        None => message,
    }
}

/// What to add: `` `--allow https://api.example.com` ``.
pub(crate) fn words(grant: &Grant) -> String {
    match &grant.file {
        Some(file) => format!("{} in {file}", grant.policy_line()),
        None => format!("`{}`", options(&grant.permission)),
    }
}

/// The options that grant a permission.
fn options(permission: &Permission) -> String {
    match permission {
        Permission::Origin { origin } | Permission::Method { origin, .. } => {
            format!("--allow {}", word(&origin.to_string()))
        }
        Permission::Network { network } => format!("--allow-network {network}"),
        Permission::Tls { setting, .. } => format!("--allow-tls {setting}"),
        Permission::Proxy { proxy } => format!("--allow-proxy {}", word(&proxy.to_string())),
        Permission::File { glob } => format!("--allow-file {}", path_word(glob)),
        Permission::Secret {
            name,
            variable,
            origins,
            places,
        } => {
            let secret = |origin: Option<&Origin>| secret(name, &format!("env:{variable}"), origin);
            let mut options: Vec<String> = match origins.as_slice() {
                [] => vec![secret(None)],
                origins => origins.iter().map(|origin| secret(Some(origin))).collect(),
            };
            if !places.is_empty() {
                options.push(named_places("--secret-places", name, places));
            }
            options.join(" ")
        }
        Permission::SecretOrigin {
            name,
            source,
            origin,
        }
        | Permission::SecretMethod {
            name,
            source,
            origin,
            ..
        }
        | Permission::SecretUnrestricted {
            name,
            source,
            origin,
            ..
        } => secret(name, &source.to_string(), origin.as_ref()),
        Permission::SecretPlace {
            name,
            added,
            header,
            ..
        } => {
            let header = header.iter().map(|field| format!("header:{field}"));
            let places = added.iter().map(Place::to_string).chain(header);
            option_words("--secret-places", name, places)
        }
        Permission::SecretHeaders { name, header, .. } => option_words(
            "--secret-headers",
            name,
            std::iter::once(header.to_string()),
        ),
        Permission::SecretCompose { name, place, .. } => {
            named_places("--secret-compose", name, &[*place])
        }
        // A permission without an option.
        _ => "--policy FILE".to_owned(),
    }
}

fn secret(name: &str, source: &str, origin: Option<&Origin>) -> String {
    let origin = origin.map_or_else(|| "https://…".to_owned(), Origin::to_string);
    format!("--secret {}", word(&format!("{name}={source}@{origin}")))
}

fn named_places(option: &str, name: &str, places: &[Place]) -> String {
    option_words(option, name, places.iter().map(Place::to_string))
}

fn option_words(option: &str, name: &str, words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    format!("{option} {}", word(&format!("{name}={}", words.join(","))))
}

/// A text as one word of a shell command. Hosts can contain `$`, `;`, `&` and parentheses, a server
/// chooses the host that it redirects to, and people paste parts of errors.
fn word(text: &str) -> String {
    // What shells don't interpret inside a word; brackets are those of IPv6 addresses.
    let plain = |c: char| c.is_alphanumeric() || ":/.-_[]=@,…".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A path or glob as one word of a shell command, in one line.
fn path_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '.' | '-' | '_');
    if text.chars().all(plain) {
        return text.to_owned();
    }
    if !text.contains(is_invisible) {
        return quoted(text);
    }
    let text = text.replace('\\', r"\\").replace('\'', r"\'");
    let escaped = |c: char| match is_invisible(c) {
        true => format!("\\u{:04x}", u32::from(c)),
        false => c.to_string(),
    };
    format!("$'{}'", text.chars().map(escaped).collect::<String>())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use http_step_host::policy::{FileGlob, Policy, Secret};

    use super::*;
    use crate::secret_args::{self, SecretArg};

    /// A server chooses where it redirects to, and people paste parts of denials.
    #[test]
    fn an_origin_is_one_word() {
        for (host, word) in [
            ("$(reboot).test", "'http://$(reboot).test'"),
            ("a;reboot;.test", "'http://a;reboot;.test'"),
            ("a&reboot&.test", "'http://a&reboot&.test'"),
            ("a'$(reboot)'.test", r"'http://a'\''$(reboot)'\''.test'"),
            ("a!b.test", "'http://a!b.test'"),
            ("[2606::1]", "http://[2606::1]"),
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            let origin: Origin = format!("http://{host}").parse().unwrap();
            let denial = Policy::nothing().admit(&origin, "GET").unwrap_err();
            assert_eq!(
                words(&denial.grant().unwrap()),
                format!("`--allow {word}`"),
                "{host}"
            );
        }
    }

    #[test]
    fn the_option_allows_the_file() {
        for path in [
            "report.xml",
            ".git/config",
            "a/.b/c d",
            "**",
            "[a]",
            "{a,b}",
            "a?b",
            "a!b",
            r"a\b",
            "it's",
            "# a",
            "'\"",
            "bücher",
            "-",
            "~",
            "]a[",
        ] {
            let denial = Policy::nothing().admit_file(path, path).unwrap_err();
            let option = options(&denial.grant().unwrap().permission);
            let argument = option.strip_prefix("--allow-file ").unwrap();
            let text = match argument.strip_prefix('\'') {
                Some(quoted) => quoted.strip_suffix('\'').unwrap().replace(r"'\''", "'"),
                None => argument.to_owned(),
            };
            let glob: FileGlob = text.parse().unwrap();
            let granting = Policy::nothing().allow_file(glob);
            assert_eq!(granting.admit_file(path, path), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_file_name_with_a_line_break_is_one_word() {
        let path = "a\nb\u{85}\u{2028}'\u{1b}[31m\\c";
        let denial = Policy::nothing().admit_file(path, path).unwrap_err();
        assert_eq!(
            explained(&denial),
            r"the policy does not allow the file `a\nb\u{85}\u{2028}'\u{1b}[31m\c`: no glob matches it; allow it with `--allow-file $'a\u000ab\u0085\u2028\'\u001b[[]31m[\\]c'`"
        );
    }

    /// The options that grant a secret which options defined.
    #[test]
    fn secrets() {
        let origin = |text: &str| text.parse::<Origin>().unwrap();
        let [given]: [Secret; 1] = {
            let arg: SecretArg = "TOKEN=file:/a b@https://a.example".parse().unwrap();
            let secrets = secret_args::secrets(&[arg], &[], &[], &[]).unwrap();
            secrets.try_into().unwrap()
        };
        let mut said = String::new();
        for (secret, to, method, place) in [
            (given.clone(), "https://b.example", "GET", Place::Header),
            (given.clone(), "https://a.example", "GET", Place::Body),
            (
                given.clone().place(Place::Query),
                "https://a.example",
                "GET",
                Place::Body,
            ),
            (given.clone(), "https://a.example", "GET", Place::Url),
            (
                given.clone().methods(["GET"]),
                "https://a.example",
                "PUT",
                Place::Header,
            ),
            (
                given.path_prefix("/v1/".parse().unwrap()),
                "https://a.example",
                "GET",
                Place::Header,
            ),
        ] {
            let denial = secret.admit(&origin(to), method, "/", place).unwrap_err();
            said.push_str(&format!("{}\n", words(&denial.grant().unwrap())));
        }
        let policy = Policy::nothing();
        for (name, origins, is_url) in [
            ("A", &["https://a.example", "https://b.example"][..], false),
            ("ci/größe-1", &["http://[::1]:8080"], false),
            ("HOOK", &[], true),
        ] {
            let origins: Vec<Origin> = origins.iter().map(|text| origin(text)).collect();
            let missing = policy.missing_secret(name, &origins, is_url).unwrap();
            said.push_str(&format!("{}\n", words(&missing)));
        }
        expect_test::expect![[r#"
            `--secret 'TOKEN=file:/a b@https://b.example'`
            `--secret-places TOKEN=header,body,signature,token`
            `--secret-places TOKEN=body`
            `--secret-places TOKEN=header,url,signature,token`
            `--secret 'TOKEN=file:/a b@https://a.example'`
            `--secret 'TOKEN=file:/a b@https://a.example'`
            `--secret A=env:A@https://a.example --secret A=env:A@https://b.example`
            `--secret ci/größe-1=env:CI_GR__E_1@http://[::1]:8080`
            `--secret HOOK=env:HOOK@https://… --secret-places HOOK=url`
        "#]]
        .assert_eq(&said);
    }
}
