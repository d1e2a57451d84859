//! What a component answers has to be what the contract says, and no more than
//! a result can hold.

use serde_json::{Map, Value};

use crate::contract::types;

/// Bytes of JSON of all outputs together. As values they take many times that.
const OUTPUT_BYTES: usize = 1 << 20;

/// Bytes of a line for people; the rest of a longer one is cut off.
const LINE_BYTES: usize = 4 << 10;

/// Bytes of all exchanges together: as many redirects as a step may follow, each
/// with a large header.
const EXCHANGE_BYTES: usize = 8 << 20;

/// Check an answer, and take its outputs out of it; else, what is wrong with it.
pub(crate) fn check(result: &mut types::StepResult) -> Result<Map<String, Value>, String> {
    cut(&mut result.summary);
    if let Some(error) = &mut result.error {
        cut(&mut error.message);
    }
    exchanges(&result.exchanges)?;
    digests(&result.exchanges)?;
    outputs(std::mem::take(&mut result.outputs))
}

fn cut(line: &mut String) {
    if line.len() > LINE_BYTES {
        line.truncate(line.floor_char_boundary(LINE_BYTES));
        line.push('…');
    }
}

fn exchanges(exchanges: &[types::Exchange]) -> Result<(), String> {
    let headers = |headers: &[types::Header]| -> usize {
        let texts = headers
            .iter()
            .map(|header| header.name.len() + header.value.len());
        texts.sum::<usize>() + size_of_val(headers)
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
    let bytes: usize = exchanges.iter().map(of).sum();
    if bytes > EXCHANGE_BYTES {
        return Err(format!(
            "the component's exchanges are {bytes} bytes; {EXCHANGE_BYTES} is the most"
        ));
    }
    Ok(())
}

/// A digest reads as the contract has it: it is told as the digest of a body.
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
        Some(_) => Err("the component tells of a body with a `sha256` that is none".to_owned()),
    }
}

fn outputs(outputs: Vec<types::Output>) -> Result<Map<String, Value>, String> {
    let bytes: usize = outputs
        .iter()
        .map(|output| output.name.len() + output.value.len())
        .sum();
    if bytes > OUTPUT_BYTES {
        return Err(format!(
            "the component's outputs are {bytes} bytes; {OUTPUT_BYTES} is the most"
        ));
    }
    outputs
        .into_iter()
        .map(
            |types::Output { name, value }| match serde_json::from_str(&value) {
                Ok(value) => Ok((name, value)),
                Err(error) => Err(format!(
                    "the component's output `{name}` is not JSON: {error}"
                )),
            },
        )
        .collect()
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
            outputs: Vec::new(),
            error: None,
        }
    }

    #[test]
    fn a_digest_is_one() {
        assert!(check(&mut answer(&"0123456789abcdef".repeat(4))).is_ok());
        for wrong in ["", "0", &"A".repeat(64), &"g".repeat(64), &"0".repeat(65)] {
            assert_eq!(
                check(&mut answer(wrong)),
                Err("the component tells of a body with a `sha256` that is none".to_owned())
            );
        }
    }
}
