//! The message for a trap of a component.

use http_step_egress::ErrorKind;
use wasmtime::Trap;
use wasmtime::component::ResourceTableError;
use wasmtime_wasi::I32Exit;
use wasmtime_wasi_http::FieldMapError;

use crate::wasi::state::{HANDLES, HEADER_BYTES};

/// Its kind, and its message.
pub(crate) fn message(error: &wasmtime::Error) -> (ErrorKind, String) {
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => {
            return (
                ErrorKind::Limit,
                "the component's calls went deeper than its stack".to_owned(),
            );
        }
        Some(trap) => {
            let words = trap.to_string();
            let words = words.strip_prefix("wasm trap: ").unwrap_or(&words);
            return (ErrorKind::Trap, format!("the component trapped: {words}"));
        }
        None => {}
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        let message = format!("the component holds {HANDLES} handles, which is its limit");
        return (ErrorKind::Limit, message);
    }
    if let Some(FieldMapError::TotalSizeTooBig | FieldMapError::TooManyFields) =
        error.downcast_ref()
    {
        let message =
            format!("the component fills a header with {HEADER_BYTES} bytes, which is its limit");
        return (ErrorKind::Limit, message);
    }
    if let Some(I32Exit(status)) = error.downcast_ref() {
        let message = format!("the component exited with status {status} and did not answer");
        return (ErrorKind::Trap, message);
    }
    (
        ErrorKind::Trap,
        format!("the component was stopped: {}", error.root_cause()),
    )
}
