//! Step files: whatever the bytes are, they are a step whose every text is a valid template, or
//! errors with positions.
#![no_main]

use http_step_file::{Auth, Body, Fields, File, FileContent, Filename, Renderable, StepFile};
use http_step_fuzz::check_diagnostics;
use http_step_template::{Template, Value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let read = StepFile::parse(file);
    assert_eq!(read, StepFile::parse(file), "read in two ways");
    match read {
        Ok(step) => check(&step),
        Err(diagnostics) => check_diagnostics(file, &diagnostics),
    }
});

fn check(step: &StepFile) {
    assert!(!step.method.is_empty() && !step.url.is_empty());
    is_template(&step.method);
    is_template(&step.url);
    are_templates(&step.params);
    are_templates(&step.headers);
    are_templates(&step.cookies);
    step.body.iter().for_each(body);
    step.auth.iter().for_each(auth);
    is_setting(&step.timeout);
    is_setting(&step.allow_redirects);
    is_setting(&step.max_redirects);
    is_setting(&step.stream);
    is_setting(&step.verify);
    step.cert.iter().for_each(is_setting);
    is_setting(&step.tls);
    is_setting(&step.proxies);
}

fn is_template(text: &str) {
    if let Err(error) = Template::parse(text) {
        panic!("{text:?} can't be rendered: {error}");
    }
}

fn is_expression(text: &str) {
    let template = Template::parse(text);
    assert!(
        template.is_ok_and(|template| template.sole_expression().is_some()),
        "{text:?} is not one expression"
    );
}

fn is_setting<T>(setting: &Renderable<T>) {
    if let Renderable::Expression(text) = setting {
        is_expression(text);
    }
}

fn are_templates(fields: &Fields) {
    match fields {
        Fields::Text(text) => is_template(text),
        Fields::Entries(entries) => pairs(entries),
    }
}

fn pairs(entries: &[(String, String)]) {
    for (name, value) in entries {
        is_template(name);
        is_template(value);
    }
}

fn body(body: &Body) {
    match body {
        Body::Data(fields) => are_templates(fields),
        Body::Json(value) => json(value),
        Body::Bytes(_) | Body::File(_) => panic!("no step file has such a body"),
        Body::Multipart { fields, files } => {
            assert!(!files.is_empty());
            are_templates(fields);
            files.iter().for_each(part);
        }
    }
}

fn part(file: &File) {
    is_template(&file.name);
    if let Filename::Text(name) = &file.filename {
        is_template(name);
    }
    file.content_type
        .iter()
        .for_each(|media_type| is_template(media_type));
    pairs(&file.headers);
    match &file.content {
        FileContent::Text(text) | FileContent::Path(text) => is_template(text),
    }
}

fn auth(auth: &Auth) {
    match auth {
        Auth::Basic { username, password } => {
            is_template(username);
            is_template(password);
        }
        Auth::Bearer(token) => is_template(token),
        Auth::Expression(text) => is_expression(text),
        Auth::Other { parameters, .. } => json(parameters),
    }
}

fn json(value: &Value) {
    match value {
        Value::String(text) => is_template(text),
        Value::Array(items) => items.iter().for_each(json),
        Value::Object(entries) => entries.iter().for_each(|(key, value)| {
            is_template(key);
            json(value);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
