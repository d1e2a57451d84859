//! The properties, secrets and files that a step file needs.

use std::collections::{BTreeMap, BTreeSet};

use http_step_json::Value;
use http_step_template::{Part, Reference, Template};

use crate::auth::Auth;
use crate::fields::Fields;
use crate::files::{FileContent, Filename};
use crate::poll::Polling;
use crate::renderable::Renderable;
use crate::step_file::{Body, StepFile};
use crate::tls::Verify;

/// The properties, secrets and files that a step file needs.
///
/// ```
/// use http_step_file::StepFile;
///
/// let file = StepFile::parse(br#"
/// post: https://ci.example.com/${{ property.number }}
/// headers: {X-Branch: '${{ property.branch | default("main") }}'}
/// auth: {bearer: '${{ secret.TOKEN }}'}
/// files: {report: out/report.csv}
/// "#)?;
/// let needs = file.needs();
/// assert_eq!(needs.properties["number"], None);
/// assert_eq!(needs.properties["branch"], Some("main".into()));
/// assert!(needs.secrets.contains("TOKEN"));
/// assert_eq!(needs.files, [("files", "out/report.csv".to_owned())]);
/// # Ok::<(), http_step_file::Diagnostics>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Needs {
    /// The properties by name, with their defaults. A property that is used anywhere without a
    /// default has none.
    pub properties: BTreeMap<String, Option<Value>>,
    /// The names of the secrets.
    pub secrets: BTreeSet<String>,
    /// The secrets that are used to fetch a token.
    pub token_secrets: BTreeSet<String>,
    /// The files, each with the key that names it. Paths are templates.
    pub files: Vec<(&'static str, String)>,
}

impl StepFile {
    /// The properties, secrets and files that it needs.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.text(&self.method);
        needs.text(&self.url);
        for fields in [&self.params, &self.headers, &self.cookies] {
            needs.fields(fields);
        }
        if let Some(body) = &self.body {
            needs.body(body);
        }
        if let Some(auth) = &self.auth {
            needs.auth(auth);
        }
        needs.setting(&self.timeout);
        needs.setting(&self.allow_redirects);
        needs.setting(&self.max_redirects);
        needs.setting(&self.stream);
        if let Some(retry) = &self.retry {
            needs.setting(retry);
        }
        if let Some(Polling { every, within }) = &self.polling {
            needs.setting(every);
            if let Some(within) = within {
                needs.setting(within);
            }
        }
        for expectation in &self.expectations {
            needs.json(&expectation.predicate);
        }
        needs.setting(&self.tls);
        needs.setting(&self.proxies);
        if let Some(Verify::CaFile(path)) = needs.setting(&self.verify) {
            needs.files.push(("verify", path.clone()));
        }
        if let Some(cert) = &self.cert
            && let Some(cert) = needs.setting(cert)
        {
            let paths = [Some(&cert.certificate), cert.key.as_ref()];
            let paths = paths.into_iter().flatten();
            needs.files.extend(paths.map(|path| ("cert", path.clone())));
        }
        needs
    }
}

impl Needs {
    fn text(&mut self, text: &str) {
        // All templates of a step file are valid.
        let Ok(template) = Template::parse(text) else {
            return;
        };
        for part in template.parts() {
            match part {
                Part::Literal(_) => {}
                Part::Expression(Reference::Secret { name }) => {
                    self.secrets.insert((*name).to_owned());
                }
                Part::Expression(Reference::Property { name, default }) => {
                    let known = self.properties.entry((*name).to_owned());
                    let known = known.or_insert_with(|| default.clone());
                    if default.is_none() {
                        *known = None;
                    }
                }
            }
        }
    }

    fn json(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter().for_each(|item| self.json(item)),
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.text(key);
                    self.json(value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn entries(&mut self, entries: &[(String, String)]) {
        for (name, value) in entries {
            self.text(name);
            self.text(value);
        }
    }

    fn fields(&mut self, fields: &Fields) {
        match fields {
            Fields::Entries(entries) => self.entries(entries),
            Fields::Text(text) => self.text(text),
        }
    }

    fn body(&mut self, body: &Body) {
        match body {
            Body::Data(fields) => self.fields(fields),
            Body::Json(value) => self.json(value),
            Body::Bytes(_) => {}
            Body::File(path) => {
                self.text(path);
                self.files.push(("data", path.clone()));
            }
            Body::Multipart { fields, files } => {
                self.fields(fields);
                for file in files {
                    self.text(&file.name);
                    self.entries(&file.headers);
                    if let Filename::Text(text) = &file.filename {
                        self.text(text);
                    }
                    if let Some(text) = &file.content_type {
                        self.text(text);
                    }
                    match &file.content {
                        FileContent::Text(text) => self.text(text),
                        FileContent::Path(path) => {
                            self.text(path);
                            self.files.push(("files", path.clone()));
                        }
                    }
                }
            }
        }
    }

    fn auth(&mut self, auth: &Auth) {
        match auth {
            Auth::Basic { username, password } => {
                self.text(username);
                self.text(password);
            }
            Auth::Bearer(text) | Auth::Expression(text) => self.text(text),
            Auth::Other { scheme, parameters } => {
                if scheme == "oauth2" {
                    let mut client = Self::default();
                    client.json(parameters);
                    self.token_secrets = client.secrets;
                }
                self.json(parameters);
            }
        }
    }

    /// Add a setting, and return its value unless it is an expression.
    fn setting<'a, T>(&mut self, setting: &'a Renderable<T>) -> Option<&'a T> {
        match setting {
            Renderable::Value(value) => Some(value),
            Renderable::Expression(text) => {
                self.text(text);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_looked_at() {
        let file = StepFile::parse(
            br#"
            url: https://a.example/${{ property.url }}
            method: ${{ property.method | default("PUT") }}
            params: {'${{ property.param }}': '${{ secret.PARAM }} $${{ property.escaped }}'}
            headers: ${{ property.headers | default({}) }}
            cookies: {a: '${{ secret.COOKIE }}'}
            data: {a: '${{ property.data }}', b: '${{ property.data | default(1) }}'}
            files:
              a: out/${{ property.file }}
              b: {content: '${{ property.content }}', filename: '${{ property.filename }}',
                  content_type: '${{ property.type }}', headers: {x: '${{ property.part }}'}}
            auth: {oauth2: {token_url: 'https://b.example/', client_id: '${{ property.client }}',
                  client_secret: '${{ secret.CLIENT }}'}}
            timeout: ${{ property.timeout | default(3) }}
            allow_redirects: ${{ property.redirects }}
            max_redirects: ${{ property.most }}
            stream: ${{ property.stream }}
            verify: certs/ca.pem
            cert: [certs/a.crt, certs/a.key]
            tls: ${{ property.tls }}
            proxies: ${{ property.proxies }}
            expect: {status: '${{ property.status }}', headers: {etag: {equals: '${{ property.etag }}'}}}
            "#,
        );
        let needs = file.unwrap().needs();
        let properties: Vec<String> = needs
            .properties
            .iter()
            .map(|(name, default)| match default {
                Some(default) => format!("{name}={default}"),
                None => name.clone(),
            })
            .collect();
        assert_eq!(
            properties.join(" "),
            "client content data etag file filename headers={} method=\"PUT\" most param part proxies \
             redirects status stream timeout=3 tls type url"
        );
        let secrets: Vec<&str> = needs.secrets.iter().map(String::as_str).collect();
        assert_eq!(secrets, ["CLIENT", "COOKIE", "PARAM"]);
        assert_eq!(needs.token_secrets, ["CLIENT".to_owned()].into());
        let files: Vec<String> = needs
            .files
            .iter()
            .map(|(key, path)| format!("{key}: {path}"))
            .collect();
        assert_eq!(
            files,
            [
                "files: out/${{ property.file }}",
                "verify: certs/ca.pem",
                "cert: certs/a.crt",
                "cert: certs/a.key"
            ]
        );
        let json = StepFile::parse(
            b"post: https://a.example/\njson: {'${{ property.key }}': [{a: '${{ secret.A }}'}]}\nauth: '${{ property.auth }}'\n",
        );
        let needs = json.unwrap().needs();
        assert_eq!(
            (
                needs.properties.len(),
                needs.secrets.len(),
                needs.files.len()
            ),
            (2, 1, 0)
        );
    }
}
