//! The step's log, which is written while the step runs.
//!
//! Hops of redirects are an exception: "Redirected N times" precedes them, so they are buffered
//! until the last response or an error.

pub(crate) mod layout;
pub(crate) mod mask;
mod shown;
mod user_info;

use self::layout::Lines;
use crate::host::{HostImports, Stream};

/// The maximum text that is buffered of the body of a hop.
const MAX_HOP_LOG: usize = 64 * 1024;

/// The maximum text that is buffered of the bodies of all hops.
const MAX_HOPS_LOG: usize = 1024 * 1024;

/// The log of one step.
pub(crate) struct Log<'h> {
    host: &'h dyn HostImports,
    hops: Vec<Hop>,
    /// How much more text of bodies can be buffered.
    room: usize,
    is_mid_line: bool,
}

/// A buffered hop.
struct Hop {
    lines: Lines,
    /// How much more of its body can be buffered.
    room: usize,
    left_out: usize,
}

impl<'h> Log<'h> {
    pub(crate) fn new(host: &'h dyn HostImports) -> Self {
        Self {
            host,
            hops: Vec::new(),
            room: MAX_HOPS_LOG,
            is_mid_line: false,
        }
    }

    /// Write a warning.
    pub(crate) fn warning(&mut self, message: &str) {
        self.append(Stream::Stderr, &format!("Warning: {message}\n"));
    }

    /// Write lines immediately.
    pub(crate) fn write(&mut self, lines: &Lines) {
        for (stream, text) in &lines.runs {
            self.append(*stream, text);
        }
    }

    /// Write the head of the last response, after the hops before it.
    pub(crate) fn answer(&mut self, head: &Lines) {
        self.release_hops();
        self.write(head);
    }

    /// Write a piece of the last response's body.
    pub(crate) fn content(&mut self, text: &str) {
        self.append(Stream::Content, text);
    }

    /// Buffer the head of a hop; the text of its body follows.
    pub(crate) fn hop(&mut self, head: Lines) {
        self.hops.push(Hop {
            lines: head,
            room: self.room.min(MAX_HOP_LOG),
            left_out: 0,
        });
    }

    /// Buffer a piece of the latest hop's body.
    pub(crate) fn hop_content(&mut self, text: &str) {
        let Some(hop) = self.hops.last_mut() else {
            return;
        };
        let (kept, left_out) = text.split_at(text.floor_char_boundary(hop.room));
        hop.lines.push(Stream::Content, &[kept]);
        hop.left_out += left_out.len();
        // After a gap nothing more is buffered.
        hop.room = if left_out.is_empty() {
            hop.room - kept.len()
        } else {
            0
        };
        self.room -= kept.len();
    }

    /// Write an error on a separate line.
    pub(crate) fn exception(&mut self, message: &str) {
        self.release_hops();
        if self.is_mid_line {
            self.append(Stream::Stdout, "\n");
        }
        self.append(Stream::Stderr, &layout::exception(message));
    }

    fn release_hops(&mut self) {
        let hops = std::mem::take(&mut self.hops);
        if hops.is_empty() {
            return;
        }
        let mut lines = Lines::default();
        lines.push(Stream::Stdout, &[&layout::redirected(hops.len())]);
        for hop in hops {
            for (stream, text) in hop.lines.runs {
                lines.push(stream, &[&text]);
            }
            if hop.left_out > 0 {
                let left_out = format!("\n<{} more bytes of text omitted>\n", hop.left_out);
                lines.push(Stream::Stdout, &[&left_out]);
            }
            lines.push(Stream::Stdout, &[layout::SEPARATOR]);
        }
        self.write(&lines);
    }

    fn append(&mut self, stream: Stream, text: &str) {
        if !text.is_empty() {
            self.host.log(stream, text);
            self.is_mid_line = !text.ends_with('\n');
        }
    }
}
