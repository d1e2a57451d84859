//! What a step file needs for its run, and what of it is missing.

use std::env;
use std::fmt::Display;
use std::path::{Component, Path, PathBuf};

use http_step_file::{Auth, Proxies, Renderable, StepFile, Tls, Verify};
use http_step_host::Properties;
use http_step_host::json::Value;
use http_step_host::policy::{
    Decision, Denial, FileGlob, Origin, OriginPattern, Place, Policy, Scheme, Secret, SourceRef,
    TlsRequest, VerifyRequest,
};
use http_step_template::{Names, Part, Reference, Template, to_text};

use crate::exit::Exit;
use crate::{grant, terminal, typed_url};

/// What the arguments grant. Needs of a kind that they don't mention are listed, but not reported
/// as missing.
pub(crate) struct Given {
    pub(crate) properties: Option<Properties>,
    pub(crate) policy: Option<Policy>,
}

/// Where a step file's files are, and whether those that are not hidden may be read in any case.
pub(crate) struct Files {
    pub(crate) directory: PathBuf,
    pub(crate) visible: bool,
}

/// Report what a step file needs, line by line; the first missing thing decides the exit code.
pub(crate) fn report(file: &StepFile, files: &Files, given: &Given) -> Exit {
    let needs = file.needs();
    let mut report = Reported(Exit::Success);
    for (name, default) in &needs.properties {
        report.property(name, default.as_ref(), given.properties.as_ref());
    }
    let properties = given.properties.clone().unwrap_or_default();
    let mut policy = given.policy.clone().unwrap_or_default();
    if files.visible {
        policy = policy.allow_file(FileGlob::visible());
    }
    for (key, path) in &needs.files {
        match rendered(path, &properties) {
            Some(path) => report.file(key, &path, &files.directory, &policy, given),
            None => report.line(&format!(
                "  file {path}: its path is known only at run time"
            )),
        }
    }
    // Its start determines where it goes.
    let url = rendered(&file.url, &properties)
        .or_else(|| rendered(typed_url::before_path(&file.url), &properties));
    let method = rendered(&file.method, &properties);
    let token_url = token_url(file).map(|url| rendered(url, &properties));
    let from_url = |url: &Option<String>| Origin::from_url(url.as_deref()?).ok();
    let url_secret = file.url_secret();
    for name in &needs.secrets {
        // A token derives from them, and may be sent where they may be sent.
        let tokens = token_url
            .as_ref()
            .filter(|_| needs.token_secrets.contains(name));
        let mut origins: Vec<Origin> = [from_url(&url), tokens.and_then(from_url)]
            .into_iter()
            .flatten()
            .collect();
        origins.dedup();
        let is_url = url_secret.as_ref() == Some(name);
        report.secret(name, &origins, is_url, given.policy.as_ref());
    }
    match (url, method) {
        (Some(url), Some(method)) => report.request(file, &url, &method, given.policy.as_ref()),
        _ => report.line(
            "its URL or method contains an expression: the destination is known only at run time",
        ),
    }
    match token_url {
        Some(Some(url)) => report.origin(&url, "POST", given.policy.as_ref()),
        Some(None) => report.line("its token endpoint is known only at run time"),
        None => {}
    }
    report.0
}

/// The exit code of what was reported so far.
struct Reported(Exit);

impl Reported {
    fn line(&self, text: &str) {
        terminal::output(&format!("{text}\n"));
    }

    fn missing(&mut self, exit: Exit, text: impl Display) {
        terminal::error(text);
        if self.0 == Exit::Success {
            self.0 = exit;
        }
    }

    fn property(&mut self, name: &str, default: Option<&Value>, given: Option<&Properties>) {
        let is_set = given.is_some_and(|properties| properties.get(name).is_some());
        match (is_set, default, given) {
            (true, _, _) => self.line(&format!("  property {name}: set")),
            (false, Some(default), _) => {
                self.line(&format!("  property {name}: {default} by default"));
            }
            (false, None, None) => {
                self.line(&format!("  property {name}: `-p {name}=VALUE` is needed"));
            }
            (false, None, Some(_)) => self.missing(
                Exit::Usage,
                format_args!("the property `{name}` is not set; `-p {name}=VALUE` would set it"),
            ),
        }
    }

    fn file(&mut self, key: &str, path: &str, directory: &Path, policy: &Policy, given: &Given) {
        let shown = directory.display();
        let (size, plain) = match found(path, directory) {
            Found::File(size, plain) => (Some(size), plain),
            Found::Nothing(plain) => (None, plain),
            Found::Outside => {
                return self.missing(
                    Exit::Usage,
                    format_args!(
                        "the file `{path}` of `{key}` is outside of {shown}; only files below that directory are read"
                    ),
                );
            }
        };
        let there = size.map_or_else(
            || format!("doesn't exist yet, in {shown}"),
            |size| format!("{size} bytes"),
        );
        match (policy.admit_file(path, &plain), &given.policy) {
            (Ok(()), _) => self.line(&format!("  file {path}: {there}")),
            (Err(denial), None) => {
                self.line(&format!("  file {path}: {there}; {}", wanted(&denial)))
            }
            (Err(denial), Some(_)) => self.missing(Exit::Denied, grant::explained(&denial)),
        }
    }

    fn secret(&mut self, name: &str, origins: &[Origin], is_url: bool, policy: Option<&Policy>) {
        let missing_of = |policy: &Policy| policy.missing_secret(name, origins, is_url);
        let Some(policy) = policy else {
            // No expression can refer to a secret that could not be granted.
            if let Some(missing) = missing_of(&Policy::public()) {
                let needed = grant::words(&missing);
                self.line(&format!("  secret {name}: {needed} is needed"));
            }
            return;
        };
        let Some(secret) = policy.secret(name) else {
            if let Some(missing) = missing_of(policy) {
                let needed = grant::words(&missing);
                self.missing(
                    Exit::Usage,
                    format_args!(
                        "the secret `{name}` is not granted to this step; allow it with {needed}"
                    ),
                );
            }
            return;
        };
        if let Some(reason) = unreadable(secret.source()) {
            self.missing(
                Exit::Usage,
                format_args!("the secret `{name}` can't be read: {reason}"),
            );
        } else if let Some(denial) = is_url.then(|| kept_from_urls(secret)).flatten() {
            self.missing(Exit::Denied, grant::explained(&denial));
        } else if let Some(denial) = origins.iter().find_map(|origin| kept_from(secret, origin)) {
            self.missing(Exit::Denied, grant::explained(&denial));
        } else {
            let origins: Vec<String> = secret.origins().iter().map(ToString::to_string).collect();
            let (source, origins) = (secret.source(), origins.join(", "));
            self.line(&format!("  secret {name}: from {source}, for {origins}"));
        }
    }

    /// The request, and the settings that it needs beside its origin.
    fn request(&mut self, file: &StepFile, url: &str, method: &str, policy: Option<&Policy>) {
        self.origin(url, method, policy);
        let Ok(origin) = Origin::from_url(url) else {
            return;
        };
        let checked = policy.cloned().unwrap_or_else(Policy::public);
        for denial in denied(file, &origin, method, &checked) {
            match policy {
                Some(_) => self.missing(Exit::Denied, grant::explained(&denial)),
                None => self.line(&format!("  {}", wanted(&denial))),
            }
        }
    }

    fn origin(&mut self, url: &str, method: &str, policy: Option<&Policy>) {
        let decision = policy
            .cloned()
            .unwrap_or_else(Policy::public)
            .judge(url, method);
        match (decision, policy) {
            (Decision::NotAUrl(error), _) => self.missing(Exit::Usage, error),
            (decision @ Decision::Allowed(_), Some(_)) => self.line(&decision.to_string()),
            (Decision::Denied(denial), Some(_)) => {
                self.missing(Exit::Denied, grant::explained(&denial));
            }
            (Decision::Allowed(allowed), None) => {
                let origin = allowed.permit.origin();
                self.line(&format!("  origin {origin}: {method}"));
            }
            (Decision::Denied(denial), None) => {
                let origin = Origin::from_url(url).map(|origin| origin.to_string());
                let origin = origin.unwrap_or_default();
                self.line(&format!("  origin {origin}: {method}; {}", wanted(&denial)));
            }
        }
    }
}

/// The line for a denied need: the option that would grant it, if there is one.
fn wanted(denial: &Denial) -> String {
    match denial.grant() {
        Some(grant) => format!("{} is needed", grant::words(&grant)),
        None => denial.to_string(),
    }
}

/// A text with its expressions rendered, as far as properties are known. A secret is a word that is
/// valid anywhere except at the start of a URL.
fn rendered(text: &str, properties: &Properties) -> Option<String> {
    struct KnownProperties<'a>(&'a Properties);

    impl Names for KnownProperties<'_> {
        fn property(&self, name: &str) -> Option<Value> {
            self.0.get(name).cloned()
        }

        fn secret(&self, _: &str) -> Option<String> {
            Some("secret".to_owned())
        }
    }
    let template = Template::parse(text).ok()?;
    if let Some(Part::Expression(Reference::Secret { .. })) = template.parts().first() {
        return None;
    }
    let value = template.render(&KnownProperties(properties)).ok()?;
    Some(to_text(&value).into_owned())
}

/// The token endpoint of the step, if it uses one.
fn token_url(file: &StepFile) -> Option<&str> {
    match &file.auth {
        Some(Auth::Other { scheme, parameters }) if scheme == "oauth2" => {
            parameters.get("token_url")?.as_str()
        }
        _ => None,
    }
}

/// The file at a path that a step file names, and that path as policies write it.
enum Found {
    File(u64, String),
    Nothing(String),
    Outside,
}

fn found(path: &str, directory: &Path) -> Found {
    if Path::new(path).is_absolute() {
        return Found::Outside;
    }
    let directory = directory
        .canonicalize()
        .unwrap_or_else(|_| directory.to_owned());
    // By its links, if it exists; otherwise as written.
    let whole = directory.join(path);
    let whole = whole.canonicalize().unwrap_or_else(|_| by_words(&whole));
    let Ok(plain) = whole.strip_prefix(&directory) else {
        return Found::Outside;
    };
    let names: Vec<_> = plain.iter().map(|name| name.to_string_lossy()).collect();
    let plain = names.join("/");
    match whole.metadata() {
        Ok(metadata) if metadata.is_file() => Found::File(metadata.len(), plain),
        _ => Found::Nothing(plain),
    }
}

fn by_words(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            component => plain.push(component),
        }
    }
    plain
}

/// Why a value can't be read, as far as that is known without reading it.
fn unreadable(source: &SourceRef) -> Option<String> {
    let reference = source.reference();
    match source.scheme() {
        SourceRef::ENV if env::var_os(reference).is_none() => {
            Some(format!("the environment variable `{reference}` is not set"))
        }
        SourceRef::FILE if !Path::new(reference).exists() => Some(match env::current_dir() {
            Ok(directory) if Path::new(reference).is_relative() => {
                format!("there is no file {reference} in {}", directory.display())
            }
            _ => format!("there is no file {reference}"),
        }),
        SourceRef::ENV | SourceRef::FILE => None,
        scheme => Some(format!(
            "the host has no source `{scheme}`; it has {}, {}",
            SourceRef::ENV,
            SourceRef::FILE
        )),
    }
}

/// Why a secret may not be a URL. Its target is not checked before that.
fn kept_from_urls(secret: &Secret) -> Option<Denial> {
    if secret.is_granted_for(Place::Url) {
        return None;
    }
    let anywhere = Origin::from_url("https://example.com").ok()?;
    secret.admit(&anywhere, "GET", "/", Place::Url).err()
}

/// Why a secret may not be sent to an origin at all.
fn kept_from(secret: &Secret, origin: &Origin) -> Option<Denial> {
    let goes = |origins: &OriginPattern| origins.matches(origin);
    if secret.origins().iter().any(goes) {
        return None;
    }
    let place = Place::ALL
        .into_iter()
        .find(|place| secret.is_granted_for(*place))?;
    // The target of a URL that is a secret is unknown.
    let place = Some(place).filter(|place| *place != Place::Url)?;
    secret.admit(origin, "GET", "/", place).err()
}

/// The settings of TLS and proxies that the step requests and the policy denies.
fn denied(file: &StepFile, origin: &Origin, method: &str, policy: &Policy) -> Vec<Denial> {
    let Ok(permit) = policy.admit(origin, method) else {
        return Vec::new();
    };
    let tls = match &file.tls {
        Renderable::Value(tls) => tls.clone(),
        Renderable::Expression(_) => Tls::default(),
    };
    let requested = TlsRequest {
        verify: match &file.verify {
            Renderable::Value(Verify::CaFile(_)) => VerifyRequest::CaFile,
            Renderable::Value(Verify::None) => VerifyRequest::None,
            _ => VerifyRequest::Default,
        },
        client_certificate: file.cert.is_some(),
        min_version: tls.min_version,
        pinned_keys: tls.pinned_keys,
    };
    let mut denied = Vec::new();
    if origin.scheme == Scheme::Https {
        denied.extend(permit.tls(&requested).err());
    }
    if let Renderable::Value(Proxies(proxies)) = &file.proxies {
        let urls = proxies.iter().filter_map(|(_, url)| url.parse().ok());
        denied.extend(urls.filter_map(|url| policy.proxy_for(origin, Some(&url)).err()));
    }
    denied
}
