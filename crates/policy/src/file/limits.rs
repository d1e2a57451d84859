//! `limits`.

use http_step_yaml::{Reported, mapping};

use super::amounts::{Bytes, Count, Seconds};
use crate::limits::{Limits, MAX_CONNECT};
use crate::terms::Lines;

mapping! {
    /// What a step may use.
    pub(crate) struct LimitKeys as "a mapping, as in `wall: 120`" {
        /// Seconds for the whole step, including waiting. A step file can set a shorter time.
        #[schemars(extend("default" = 300), example = 120)]
        wall: Seconds,
        /// Seconds of CPU time.
        #[schemars(extend("default" = 10), example = 2.5)]
        cpu: Seconds,
        /// Seconds to open a connection, including TLS; at most 120.
        #[schemars(extend("default" = 10), example = 3)]
        connect: Seconds<{ MAX_CONNECT.as_secs() }>,
        /// Seconds that a server may send nothing.
        #[schemars(extend("default" = 60), example = 30)]
        read: Seconds,
        /// Bytes of all memories and tables of the component, and of what the host holds for it.
        #[schemars(extend("default" = "64MiB"), example = &"32MiB")]
        memory: Bytes,
        /// Requests, including the hops of redirects.
        #[schemars(extend("default" = 64), example = 10)]
        requests: Count,
        /// Concurrent requests.
        #[schemars(extend("default" = 16), example = 4)]
        concurrent_requests: Count<1>,
        /// Distinct hosts.
        #[schemars(extend("default" = 16), example = 1)]
        hosts: Count,
        /// Bytes of all request bodies.
        #[schemars(extend("default" = "256MiB"), example = &"1GiB")]
        bytes_sent: Bytes,
        /// Bytes of all response bodies, as received.
        #[schemars(extend("default" = "256MiB"), example = &"1GiB")]
        bytes_received: Bytes,
        /// Bytes of all response bodies, decompressed.
        #[schemars(extend("default" = "256MiB"), example = &"1GiB")]
        bytes_decoded: Bytes,
        /// Header fields of one message.
        #[schemars(extend("default" = 128), example = 64)]
        header_fields: Count,
        /// Bytes of the header names and values of one message.
        #[schemars(extend("default" = "64KiB"), example = 8192)]
        header_bytes: Bytes,
        /// Bytes of log text that the component writes. Writing more ends the step.
        #[schemars(extend("default" = "64MiB"), example = &"8MiB")]
        log_bytes: Bytes,
        /// Bytes of log text that are kept. The rest is omitted, which the log notes.
        #[schemars(extend("default" = "4MiB"), example = &"1MiB")]
        log_kept: Bytes,
        /// Bytes of the component's file. The program applies this, `compile_time` and
        /// `compile_memory` when it loads a component. Other programs that embed the host have to
        /// pass them to their compiler.
        #[schemars(extend("default" = "64MiB"), example = &"8MiB")]
        component_bytes: Bytes,
        /// Seconds of CPU time to compile the component when it is loaded.
        #[schemars(extend("default" = 60), example = 20)]
        compile_time: Seconds,
        /// Bytes of memory to compile the component when it is loaded.
        #[schemars(extend("default" = "2GiB"), example = &"1GiB")]
        compile_memory: Bytes,
    }
}

impl LimitKeys {
    pub(crate) fn limits(self, lines: &mut Lines) -> Result<Limits, Reported> {
        let mut limits = Limits::default();
        macro_rules! take {
            ($($key:ident)*) => { $(
                lines.note(concat!("limits.", stringify!($key)), &self.$key);
                if let Some(given) = self.$key {
                    limits.$key = given.value?.0;
                }
            )* };
        }
        take! {
            wall cpu connect read memory requests concurrent_requests hosts bytes_sent
            bytes_received bytes_decoded header_fields header_bytes log_bytes log_kept
            component_bytes compile_time compile_memory
        }
        Ok(limits)
    }
}
