//! Searches its memory for what an earlier step left, and fills it for the next step to find.

use http_step_test_guests::*;

struct Step;

const PAGE: usize = 64 << 10;
const PAGES: usize = 64;

impl Guest for Step {
    fn http_step(_: RequestSpec) -> StepResult {
        let first = std::arch::wasm32::memory_grow::<0>(PAGES) * PAGE;
        let mut found = 0;
        for address in (first..first + PAGES * PAGE).step_by(8) {
            let word = std::ptr::with_exposed_provenance_mut::<u64>(address);
            // SAFETY: the memory was just allocated, and nothing else refers to it.
            unsafe {
                found += usize::from(word.read_volatile() != 0);
                word.write_volatile(0x7365_6372_6574_2121);
            }
        }
        success(&format!("{found} words found"))
    }
}

export!(Step);
