//! Reading the body of a response: every piece is hashed, decoded, passed on and dropped.

mod media_type;
mod text;

use crate::bindings::ci::http_step::types::BodyDigest;
use crate::digest::Digester;
use crate::header::Header;
use crate::host::{Chunks, Failure, HostImports};
use crate::response::text::BodyText;

/// Read a body to its end or to an error, and pass on its text as it arrives.
pub(crate) fn read(
    host: &dyn HostImports,
    body: &mut dyn Chunks,
    headers: &[Header],
    mut show: impl FnMut(&str),
) -> (BodyDigest, Result<(), Failure>) {
    let mut digester = Digester::new(host);
    let mut reader = BodyText::new(headers);
    let mut text = String::new();
    let end = loop {
        match body.next() {
            Ok(Some(bytes)) => {
                digester.update(&bytes);
                reader.push(&bytes, &mut text);
                if !text.is_empty() {
                    show(&text);
                    text.clear();
                }
            }
            Ok(None) => break Ok(()),
            Err(failure) => break Err(failure),
        }
    };
    let digest = digester.finish();
    reader.end(&digest, &mut text);
    if !text.is_empty() {
        show(&text);
    }
    (digest, end)
}
