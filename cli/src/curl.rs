//! Options of curl that are no options here, and what replaces them.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Options, and what to write instead.
const INSTEAD: [(&[&str], &str); 31] = [
    (
        &["-k", "--insecure"],
        "write `verify: false` into a step file, and allow it by `--allow-tls verify-none`",
    ),
    (
        &["--cacert"],
        "write `verify: FILE` into a step file, and allow it by `--allow-tls ca-file`",
    ),
    (
        &["-E", "--cert", "--key"],
        "write `cert: [CERTIFICATE, KEY]` into a step file, and allow it by `--allow-tls client-certificate`",
    ),
    (
        &["--pinnedpubkey"],
        "write `tls: {pinned_keys: [sha256//…]}` into a step file",
    ),
    (
        &["--tlsv1.2", "--tlsv1.3"],
        "write `tls: {min_version: \"1.3\"}` into a step file",
    ),
    (
        &["-x", "--proxy", "--socks5", "--socks5-hostname"],
        "write `proxies: {all: URL}` into a step file, and allow it by `--allow-proxy URL`; or use the environment's by `--proxy-from-env`",
    ),
    (
        &["--noproxy"],
        "write `no_proxy` below `proxies` of a policy; or set `NO_PROXY` beside `--proxy-from-env`",
    ),
    (
        &["-b", "--cookie"],
        "write `-H 'Cookie: NAME=VALUE'`, or `cookies: {NAME: VALUE}` into a step file",
    ),
    (
        &["-c", "--cookie-jar"],
        "cookies are kept only for the step",
    ),
    (&["-A", "--user-agent"], "write `-H 'User-Agent: …'`"),
    (&["-e", "--referer"], "write `-H 'Referer: …'`"),
    (
        &["-G", "--get", "--url-query"],
        "write the query into the URL, or `params: {NAME: VALUE}` into a step file",
    ),
    (
        &["--data-raw", "--data-ascii"],
        "write `-d NAME=VALUE`; text goes into a step file, as `data: TEXT`",
    ),
    (
        &["--data-binary"],
        "write `-d @FILE`, which sends the file as it is",
    ),
    (
        &["--data-urlencode"],
        "write `-d NAME=VALUE`, which encodes both",
    ),
    (&["--form-string"], "write `-F NAME=VALUE`"),
    (
        &["-T", "--upload-file"],
        "write `-X PUT -d @FILE`, with `-H 'Content-Type: …'`",
    ),
    (
        &["-L", "--location"],
        "leave it out: redirects are followed; `allow_redirects: false` in a step file turns that off",
    ),
    (
        &["--max-redirs"],
        "write `max_redirects: NUMBER` into a step file",
    ),
    (
        &["-m", "--max-time", "--connect-timeout"],
        "write `--timeout SECONDS`, or `timeout: {connect: 3, read: 30}` into a step file",
    ),
    (&["-I", "--head"], "write `-X HEAD`"),
    (
        &["-s", "--silent", "-S", "--show-error"],
        "leave it out: there is no progress meter, and errors are always shown",
    ),
    (
        &["-i", "--include"],
        "leave it out: the log contains the headers",
    ),
    (
        &["-f", "--fail"],
        "leave it out: the exit code is 1 from status 400 on",
    ),
    (
        &["--compressed"],
        "leave it out: responses are requested compressed, and decompressed",
    ),
    (
        &[
            "--retry",
            "--retry-delay",
            "--retry-max-time",
            "--retry-all-errors",
            "--retry-connrefused",
        ],
        "there are no retries; run the step again, which is safe where `error.sent` of `--format json` is `no`",
    ),
    (&["--request"], "write `-X METHOD`"),
    (&["--url"], "give the URL as an argument"),
    (
        &["-w", "--write-out"],
        "take it from the result: `--format json | jq '.exchanges[-1].response.status'`",
    ),
    (
        &["-o", "--output", "-O", "--remote-name"],
        "take the body out of the result: `--format json | jq -j '.log | .[(map(.stream) | rindex(\"stdout\")):][] | select(.stream == \"content\").text'`",
    ),
    (
        &[
            "--oauth2-bearer",
            "--digest",
            "--aws-sigv4",
            "-n",
            "--netrc",
        ],
        "write `auth` into a step file: `{bearer: …}`, `{digest: [USER, PASSWORD]}` or `{aws-sigv4: …}`",
    ),
];

/// The replacement for an unknown argument, if it is one of curl's.
pub(crate) fn instead(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    INSTEAD
        .iter()
        .find(|(options, _)| options.contains(&argument.as_str()))
        .map(|(_, instead)| format!("unexpected argument '{argument}' found; {instead}"))
}
