//! Passes a list of many values that share one text in its own memory, and that the host copies one
//! by one.

use http_step_test_guests::*;

const VALUE: usize = 4 << 10;
const MANY: usize = 7_500;

#[link(wasm_import_module = "wasi:http/types@0.2.12")]
unsafe extern "C" {
    #[link_name = "[static]fields.from-list"]
    fn from_list(entries: *const Entry, count: usize, made: *mut [u32; 2]);
}

/// A name and a value, as the canonical ABI has them in a list.
#[repr(C)]
#[derive(Clone, Copy)]
struct Entry(*const u8, usize, *const u8, usize);

struct Step;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        let value = [b'x'; VALUE];
        let entries = vec![Entry(b"x".as_ptr(), 1, value.as_ptr(), VALUE); MANY];
        let mut made = [0; 2];
        // SAFETY: the host reads them, and writes whether it took them and which it is.
        unsafe { from_list(entries.as_ptr(), entries.len(), &mut made) };
        success(&format!("{made:?}"))
    }
}

export!(Step);
