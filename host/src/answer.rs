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
