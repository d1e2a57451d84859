//! Text that values have in common with others: prefixes of a service's tokens, field names, the
//! host of a URL, the header of a JSON Web Token. Servers send it without having seen the value,
//! so it does not count as a part of one.

use serde_json::Value;

use crate::spelling::with_lf;

/// Prefixes of many tokens.
const PREFIXES: [&str; 37] = [
    "Bearer ",
    "Basic ",
    "token ",
    "github_pat_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "glpat-",
    "gldt-",
    "glrt-",
    "glcbt-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxe-",
    "xapp-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "rk_test_",
    "sk-svcacct-",
    "sk-or-v1-",
    "pat-na1-",
    "lin_api_",
    "shippo_live_",
    "ATATT3xFfGF0",
    "AGE-SECRET-KEY-1",
    "sk-ant-api03-",
    "sk-proj-",
    "npm_",
    "pypi-AgEIcHlwaS5vcmc",
    "dckr_pat_",
    "hvs.",
    "dop_v1_",
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB",
];

/// Texts that occur anywhere in many secrets.
const SHARED: [&str; 21] = [
    // In connection strings.
    "DefaultEndpointsProtocol=https",
    "AccountName=",
    "AccountKey=",
    "EndpointSuffix=",
    "core.windows.net",
    "Endpoint=sb://",
    "servicebus.windows.net",
    "SharedAccessKeyName=",
    "RootManageSharedAccessKey",
    "SharedAccessKey=",
    "Password=",
    // In place of a password, or of a user, at GitHub.
    "x-oauth-basic",
    "x-access-token",
    // The algorithm of a key (PKCS #8, PKCS #1, RFC 5915): RSA, which public keys and
    // certificates also contain; P-256.
    "ADANBgkqhkiG9w0BAQEFAASC",
    "MIIEowIBAAKCAQEA",
    "MIIEpAIBAAKCAQEA",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg",
    // In keys of OpenAI, and tokens of Terraform.
    "T3BlbkFJ",
    ".atlasv1.",
    // A PEM in base64.
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSU",
    "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUl",
];

/// The non-secret fields of the keys of service accounts (Google Cloud) and service principals
/// (Azure).
const PUBLIC_FIELDS: [&str; 18] = [
    "type",
    "project_id",
    "private_key_id",
    "client_email",
    "client_id",
    "auth_uri",
    "token_uri",
    "auth_provider_x509_cert_url",
    "client_x509_cert_url",
    "universe_domain",
    "clientId",
    "subscriptionId",
    "tenantId",
    "activeDirectoryEndpointUrl",
    "resourceManagerEndpointUrl",
    "activeDirectoryGraphResourceId",
    "sqlManagementEndpointUrl",
    "managementEndpointUrl",
];

/// The maximum length of a word; longer ones may be random.
const MAX_WORD: usize = 12;

/// A longer line is not looked for together with the next one: few of its characters are beside the
/// line break.
const MAX_SHORT_LINE: usize = 16;

/// The pieces of a value that it does not share with others.
pub(crate) fn without_shared(value: &[u8]) -> Vec<Vec<u8>> {
    let mut own = Vec::new();
    match serde_json::from_slice(value) {
        Ok(document @ (Value::Object(_) | Value::Array(_))) => {
            each_string(&document, &mut |text| add_text(text.as_bytes(), &mut own));
        }
        _ => add_text(value, &mut own),
    }
    own
}

/// Call a function with each string of a JSON document that is not a name, nor in a public field.
pub(crate) fn each_string(document: &Value, call: &mut impl FnMut(&str)) {
    match document {
        Value::String(text) => call(text),
        Value::Array(all) => all.iter().for_each(|each| each_string(each, call)),
        Value::Object(fields) => {
            let secret = fields
                .iter()
                .filter(|(name, _)| !PUBLIC_FIELDS.contains(&name.as_str()));
            secret.for_each(|(_, value)| each_string(value, call));
        }
        _ => {}
    }
}

fn add_text(value: &[u8], own: &mut Vec<Vec<u8>>) {
    let value = with_lf(value);
    let mut short = Vec::new();
    for line in value.split(|byte| matches!(byte, b'\n' | b'\r')) {
        let before = own.len();
        match line.len() < value.len() {
            _ if is_pem_boundary(line) => {}
            true => add_line(without_name(line), own),
            false => add_line(line, own),
        }
        let is_own = own.get(before..).is_some_and(|added| added == [line]);
        if !is_own || line.len() >= MAX_SHORT_LINE {
            add_short_lines(&mut short, own);
        } else {
            short.push(line);
        }
    }
    add_short_lines(&mut short, own);
}

/// Add consecutive short lines together, such as words or codes: a part may be in several of them.
fn add_short_lines(lines: &mut Vec<&[u8]>, own: &mut Vec<Vec<u8>>) {
    if lines.len() > 1 {
        own.push(lines.join(&b"\n"[..]));
        own.push(lines.join(&b"\r\n"[..]));
    }
    lines.clear();
}

fn add_line(line: &[u8], own: &mut Vec<Vec<u8>>) {
    let text = std::str::from_utf8(line).unwrap_or_default();
    if let Some((scheme, rest)) = text.split_once("://")
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'+')
    {
        add_url(rest, own);
        return;
    }
    // A JSON Web Token (RFC 7519): others have the same header, and start with the same claims.
    if let Some((_, rest)) = text.split_once('.').filter(|_| text.starts_with("eyJ")) {
        let own_part = rest.split_once('.').filter(|(_, last)| !last.contains('.'));
        own.push(own_part.map_or(rest, |(_, signature)| signature).into());
        return;
    }
    let line = without_label(line);
    let prefix = PREFIXES
        .iter()
        .filter(|prefix| line.starts_with(prefix.as_bytes()));
    let longest = prefix.map(|prefix| prefix.len()).max().unwrap_or_default();
    add_without_shared(line.get(longest..).unwrap_or_default(), own);
}

/// Add the pieces of a URL after its scheme. Its host and the words in it are not secret; the
/// rest is.
fn add_url(rest: &str, own: &mut Vec<Vec<u8>>) {
    let (authority, path) = split_authority(rest);
    if let Some((user, _)) = authority.rsplit_once('@') {
        let secret = match user.split_once(':') {
            Some((name, password)) if is_word(name) => password,
            _ => user,
        };
        add_without_shared(secret.as_bytes(), own);
    }
    let (path, query) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
    for part in path
        .split('/')
        .collect::<Vec<_>>()
        .split(|part| is_word(part))
    {
        own.push(part.join("/").into());
    }
    let fields = query.split(['?', '#', '&']);
    let secret = fields.filter(|field| {
        let value = field.split_once('=').map_or(*field, |(_, value)| value);
        !is_word(value)
    });
    own.extend(secret.map(|field| field.as_bytes().to_vec()));
}

/// The authority of a URL after its scheme, and the rest. A password in it may contain characters that
/// end an authority.
fn split_authority(rest: &str) -> (&str, &str) {
    let ends = |from: usize| {
        let end = rest.get(from..).and_then(|it| it.find(['/', '?', '#']));
        rest.split_at(end.map_or(rest.len(), |end| from + end))
    };
    let (authority, path) = ends(0);
    let port = authority.split_once(':').map_or("", |(_, port)| port);
    let is_host = authority.starts_with('[') || port.bytes().all(|byte| byte.is_ascii_digit());
    match path.rfind('@') {
        Some(at) if !is_host && !authority.contains('@') => ends(authority.len() + at),
        _ => (authority, path),
    }
}

/// Whether a text is like `services`, `oauth2` and `retry_writes`.
fn is_word(text: &str) -> bool {
    let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
    text.len() <= MAX_WORD
        && text.len() - letters.len() < 4
        && letters
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || b"_-.".contains(&byte))
}

/// The text after `NAME=` or `name: `, without quotes.
fn without_name(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    let field = line.strip_prefix(b"- ").unwrap_or(line);
    let name = field
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte))
        .count();
    let value = match field.split_at(name).1 {
        b":" => b"",
        [b':', b' ', value @ ..] => value,
        // Base64 can end like this.
        [b'=', value @ ..] if !matches!(value, [] | [b'=', ..]) => value,
        _ => line,
    };
    let quoted = |quote: &[u8]| value.strip_prefix(quote)?.strip_suffix(quote);
    quoted(b"\"").or_else(|| quoted(b"'")).unwrap_or(value)
}

/// Whether a value is a JSON document.
pub(crate) fn is_document(value: &[u8]) -> bool {
    let parsed = serde_json::from_slice(value);
    matches!(parsed, Ok(Value::Object(_) | Value::Array(_)))
}

/// Add a text without the pieces that many secrets, and responses of many servers, contain.
fn add_without_shared(text: &[u8], own: &mut Vec<Vec<u8>>) {
    let found = SHARED.iter().find_map(|shared| {
        let at = text
            .windows(shared.len())
            .position(|window| window == shared.as_bytes())?;
        Some((text.get(..at)?, text.get(at + shared.len()..)?))
    });
    match found {
        Some((before, after)) => {
            add_without_shared(before, own);
            add_without_shared(after, own);
        }
        None => own.push(text.to_vec()),
    }
}

/// `-----BEGIN PRIVATE KEY-----` (RFC 7468), which is no secret.
pub(crate) fn is_pem_boundary(line: &[u8]) -> bool {
    let label = [b"-----BEGIN ".as_slice(), b"-----END "];
    let label = label.iter().find_map(|begins| line.strip_prefix(*begins));
    label
        .and_then(|label| label.strip_suffix(b"-----"))
        .is_some_and(|label| !label.windows(5).any(|dashes| dashes == b"-----"))
}

/// The text between the boundaries of a PEM (RFC 7468) in one line.
fn without_label(line: &[u8]) -> &[u8] {
    let text = std::str::from_utf8(line).unwrap_or_default();
    let Some((_, rest)) = text
        .strip_prefix("-----BEGIN ")
        .and_then(|rest| rest.split_once("-----"))
    else {
        return line;
    };
    let secret = rest
        .split_once("-----END ")
        .map_or(rest, |(secret, _)| secret);
    secret.as_bytes()
}
