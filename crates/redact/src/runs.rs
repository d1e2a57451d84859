//! Where parts of values may end in a text, by the classes of its characters.
//!
//! This depends on the text only, and avoids most lookups.

/// The maximum length of a part, in bytes.
pub(crate) const MAX_PART: usize = 16;

/// The number of bytes that are looked up at once.
pub(crate) const CHUNK: usize = 64;

/// A chunk, and the bytes before it.
pub(crate) const WINDOW: usize = MAX_PART + CHUNK;

/// The classes of bytes: all but blanks and control characters, from `+` on, from `0` to `f`, and
/// text.
const SIGN: u8 = 1;
const FROM_PLUS: u8 = 1 << 1;
const UP_TO_F: u8 = 1 << 2;
const TEXT: u8 = 1 << 3;

/// For plain parts, those in base64, and those in hexadecimal or UTF-16: the positions of a chunk
/// where one may end, one bit each, starting with the lowest.
pub(crate) struct Runs(pub(crate) [u64; 3]);

impl Runs {
    pub(crate) fn new(window: &[u8; WINDOW]) -> Self {
        // For each position, the classes that a number of bytes up to it have in common.
        let one = window.map(classes);
        let two = both(&one, &one, 1);
        let four = both(&two, &two, 2);
        let eight = both(&four, &four, 4);
        let ten = both(&two, &eight, 2);
        let sixteen = both(&eight, &eight, 8);
        Self([
            places(&eight, |all| all & SIGN),
            places(&ten, |all| all & FROM_PLUS),
            places(&sixteen, |all| all & UP_TO_F | !all & TEXT),
        ])
    }
}

/// With comparisons, so that the compiler can vectorize it.
fn classes(byte: u8) -> u8 {
    let signed = byte as i8;
    let class = |is_of: bool, class: u8| if is_of { class } else { 0 };
    class(byte > b' ', SIGN)
        | class(signed >= b'+' as i8, FROM_PLUS)
        | class((signed >= b'0' as i8) & (signed <= b'f' as i8), UP_TO_F)
        | class(
            (signed >= b' ' as i8) | (byte == b'\n') | (byte == b'\r'),
            TEXT,
        )
}

/// The classes in both, with the other one shifted by a number of positions.
fn both(one: &[u8; WINDOW], other: &[u8; WINDOW], before: usize) -> [u8; WINDOW] {
    let mut both = [0; WINDOW];
    let one = one.iter().zip(both.iter_mut()).skip(before);
    for ((one, both), other) in one.zip(other) {
        *both = one & other;
    }
    both
}

/// The positions of a chunk with any of the wanted classes.
fn places(window: &[u8; WINDOW], wanted: impl Fn(u8) -> u8) -> u64 {
    let set = window.map(|all| u8::from(wanted(all) != 0));
    let (eights, _) = set.as_chunks::<8>();
    let mut places = 0;
    for (at, eight) in eights.iter().skip(MAX_PART / 8).enumerate() {
        // The product has the lowest bit of each byte in its highest byte.
        let bits = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        places |= bits << (8 * at);
    }
    places
}

/// Whether parts of each kind, as numbers, can only end where [`Runs`] has a bit.
pub(crate) fn are_in_runs<O>(known: &[Vec<(u128, O)>; 3]) -> bool {
    known.iter().enumerate().all(|(kind, known)| {
        known.iter().all(|(part, _)| {
            let mut window = [0; WINDOW];
            let (before, _) = window.split_at_mut(MAX_PART + 1);
            let (_, last) = before.split_at_mut(1);
            last.copy_from_slice(&part.to_be_bytes());
            let Runs(places) = Runs::new(&window);
            places.get(kind).is_some_and(|places| places & 1 == 1)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The possible ends of each kind in a text, whose chunk follows 16 bytes.
    fn ends(text: &str) -> [Vec<usize>; 3] {
        let mut window = [b' '; WINDOW];
        window[MAX_PART..MAX_PART + text.len()].copy_from_slice(text.as_bytes());
        let Runs(places) = Runs::new(&window);
        places.map(|places| (0..CHUNK).filter(|at| places >> at & 1 == 1).collect())
    }

    #[test]
    fn possible_ends_of_parts() {
        assert_eq!(
            ends("a few short words"),
            [const { Vec::<usize>::new() }; 3]
        );
        assert_eq!(ends("(eightly)"), [vec![7, 8], vec![], vec![]]);
        assert_eq!(
            ends("kQ9mLx2Vt0P z"),
            [vec![7, 8, 9, 10], vec![9, 10], vec![]]
        );
        assert_eq!(ends("0123456789abcdef")[2], [15]);
        assert_eq!(ends("a\0")[2], (1..17).collect::<Vec<_>>());
    }
}
