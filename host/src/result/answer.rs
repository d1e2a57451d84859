//! A component's answer has to follow the contract, and to fit into a result. It counts as memory
//! of the run.

use std::sync::Arc;

use http_step_egress::{Reservation, RunMemory};
use http_step_json::{Map, weight};
use http_step_policy::Exceeded;

use crate::contract::types;

/// Bytes of JSON of all outputs together. The values take many times that.
const OUTPUT_BYTES: usize = 1 << 20;

/// Bytes of an answer that are checked in a fraction of a millisecond.
const FEW_BYTES: usize = 32 << 10;

/// Bytes of a line for people; a longer one is truncated.
const LINE_BYTES: usize = 4 << 10;

/// Bytes of all exchanges together: the maximum number of redirects, each with a large header.
const EXCHANGE_BYTES: usize = 8 << 20;

/// Checks that a component may report.
const CHECKS: usize = 1000;

/// What a header costs beside its text, so that there are not too many: each text is redacted.
const HEADER_BYTES: usize = 256;

/// Why an answer is rejected.
#[derive(Debug, PartialEq)]
pub(crate) enum Unfit {
    /// It does not follow the contract.
    Contract(String),
    /// It exceeds the memory.
    Exceeded(Exceeded),
}

impl From<String> for Unfit {
    fn from(message: String) -> Self {
        Self::Contract(message)
    }
}

impl From<Exceeded> for Unfit {
    fn from(exceeded: Exceeded) -> Self {
        Self::Exceeded(exceeded)
    }
}

/// Check an answer and take its outputs, or return what is wrong with it. Both have to fit into the
/// memory of the run.
pub(crate) fn check(result: &mut types::StepResult, memory: &Arc<RunMemory>) -> Result<Map, Unfit> {
    cut(&mut result.summary);
    if let Some(error) = &mut result.error {
        cut(&mut error.message);
    }
    let bytes = exchanges(&result.exchanges)? + checks(&mut result.checks)?;
    let mut room = Reservation::with_bytes(memory, bytes)?;
    digests(&result.exchanges)?;
    outputs(std::mem::take(&mut result.outputs), &mut room)
}

/// Whether checking it takes so long that others would have to wait.
pub(crate) fn is_long(result: &types::StepResult) -> bool {
    let outputs = result.outputs.iter().map(|output| output.value.len());
    let checks = result.checks.iter().map(|check| {
        check.name.len() + check.expected.len() + check.found.as_ref().map_or(0, String::len)
    });
    outputs.chain(checks).sum::<usize>() + exchange_bytes(&result.exchanges) > FEW_BYTES
}

fn cut(line: &mut String) {
    if line.len() > LINE_BYTES {
        line.truncate(line.floor_char_boundary(LINE_BYTES));
        line.push('…');
        // It may have been as long as the component's memory.
        line.shrink_to_fit();
    }
}

/// The size of the exchanges, if it is within the limit.
fn exchanges(exchanges: &[types::Exchange]) -> Result<usize, String> {
    let bytes = exchange_bytes(exchanges);
    if bytes > EXCHANGE_BYTES {
        return Err(format!(
            "the component's exchanges are {bytes} bytes; {EXCHANGE_BYTES} is the most"
        ));
    }
    Ok(bytes)
}

fn exchange_bytes(exchanges: &[types::Exchange]) -> usize {
    let headers = |headers: &[types::Header]| -> usize {
        let texts = headers
            .iter()
            .map(|header| header.name.len() + header.value.len());
        texts.sum::<usize>() + headers.len() * HEADER_BYTES
    };
    let of = |exchange: &types::Exchange| {
        let types::SentRequest {
            method,
            url,
            headers: sent,
            ..
        } = &exchange.request;
        let received = exchange
            .response
            .as_ref()
            .map_or(0, |response| headers(&response.headers));
        method.len() + url.len() + headers(sent) + received + size_of_val(exchange)
    };
    exchanges.iter().map(of).sum()
}

/// Cut the texts of checks to lines, and return their size.
fn checks(checks: &mut [types::Check]) -> Result<usize, String> {
    let number = checks.len();
    if number > CHECKS {
        return Err(format!(
            "the component reports {number} checks; {CHECKS} is the most"
        ));
    }
    let mut bytes = size_of_val(checks);
    for check in checks {
        let texts = [&mut check.name, &mut check.expected];
        for text in texts.into_iter().chain(&mut check.found) {
            cut(text);
            bytes += text.len();
        }
    }
    Ok(bytes)
}

/// A digest has the contract's form, since the result presents it as the digest of a body.
fn digests(exchanges: &[types::Exchange]) -> Result<(), String> {
    let bodies = exchanges.iter().flat_map(|exchange| {
        let sent = exchange.request.body.as_ref();
        let received = exchange.response.as_ref().map(|response| &response.body);
        sent.into_iter().chain(received)
    });
    let is_digest = |text: &str| {
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        text.len() == 64 && text.bytes().all(hexadecimal)
    };
    match bodies
        .map(|body| &body.sha256)
        .find(|text| !is_digest(text))
    {
        None => Ok(()),
        Some(_) => Err("the component reports a body with an invalid `sha256`".to_owned()),
    }
}

fn outputs(outputs: Vec<types::Output>, room: &mut Reservation) -> Result<Map, Unfit> {
    let bytes: usize = outputs
        .iter()
        .map(|output| output.name.len() + output.value.len())
        .sum();
    if bytes > OUTPUT_BYTES {
        return Err(format!(
            "the component's outputs are {bytes} bytes; {OUTPUT_BYTES} is the most"
        )
        .into());
    }
    let mut values = Map::new();
    for types::Output { name, value } in outputs {
        let not_json = |error| format!("the component's output `{name}` is not JSON: {error}");
        // Before it exists.
        room.grow(weight(&value).map_err(not_json)? + name.len() + value.len())?;
        let value = value.parse().map_err(not_json)?;
        values.insert(name, value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(sha256: &str) -> types::StepResult {
        types::StepResult {
            outcome: types::Outcome::Success,
            summary: String::new(),
            exchanges: vec![types::Exchange {
                request: types::SentRequest {
                    method: "GET".to_owned(),
                    url: "https://example.com/".to_owned(),
                    headers: Vec::new(),
                    body: None,
                },
                response: Some(types::ReceivedResponse {
                    status: 200,
                    headers: Vec::new(),
                    body: types::BodyDigest {
                        size: 0,
                        sha256: sha256.to_owned(),
                    },
                }),
            }],
            checks: Vec::new(),
            outputs: Vec::new(),
            error: None,
        }
    }

    #[test]
    fn digests_are_validated() {
        let memory = Arc::new(RunMemory::default());
        let check = |sha256: &str| check(&mut answer(sha256), &memory);
        assert!(check(&"0123456789abcdef".repeat(4)).is_ok());
        for wrong in ["", "0", &"A".repeat(64), &"g".repeat(64), &"0".repeat(65)] {
            assert_eq!(
                check(wrong),
                Err(Unfit::Contract(
                    "the component reports a body with an invalid `sha256`".to_owned()
                ))
            );
        }
    }
}
