//! `limits`.

use http_step_yaml::{Reported, mapping};

use super::amounts::{Bytes, Count, Seconds};
use crate::limits::{LONGEST_CONNECT, Limits};
use crate::policy::Lines;

mapping! {
    /// What a step may use.
    pub(crate) struct LimitKeys as "a mapping, as in `wall: 120`" {
        /// Seconds for the step as a whole, waiting included. A step file can ask for
        /// less.
        #[schemars(extend("default" = 300), example = 120)]
        wall: Seconds,
        /// Seconds on a processor.
        #[schemars(extend("default" = 10), example = 2.5)]
        cpu: Seconds,
        /// Seconds for one connection, TLS included; 120 at most.
        #[schemars(extend("default" = 10), example = 3)]
        connect: Seconds<{ LONGEST_CONNECT.as_secs() }>,
        /// Seconds that a server may be silent.
        #[schemars(extend("default" = 60), example = 30)]
        read: Seconds,
        /// Bytes of all memories and tables of the component together, and of the
        /// memory in which the host decodes response bodies for it.
        #[schemars(extend("default" = "64MiB"), example = &"32MiB")]
        memory: Bytes,
        /// Requests, hops of a redirect included.
        #[schemars(extend("default" = 64), example = 10)]
        requests: Count,
        /// Requests that are under way at a time.
        #[schemars(extend("default" = 16), example = 4)]
        concurrent_requests: Count<1>,
        /// Distinct hosts.
        #[schemars(extend("default" = 16), example = 1)]
        hosts: Count,
        /// Bytes of all request bodies together.
        #[schemars(extend("default" = "256MiB"), example = &"1GiB")]
        bytes_sent: Bytes,
        /// Bytes of all response bodies together, as they come over the wire.
        #[schemars(extend("default" = "256MiB"), example = &"1GiB")]
        bytes_received: Bytes,
        /// Bytes of all response bodies together, decompressed.
        #[schemars(extend("default" = "256MiB"), example = &"1GiB")]
        bytes_decoded: Bytes,
        /// Header fields of one message.
        #[schemars(extend("default" = 128), example = 64)]
        header_fields: Count,
        /// Bytes of one message's header: names and values.
        #[schemars(extend("default" = "64KiB"), example = 8192)]
        header_bytes: Bytes,
        /// Bytes of log text that the component writes. More ends the step.
        #[schemars(extend("default" = "64MiB"), example = &"8MiB")]
        log_bytes: Bytes,
        /// Bytes of log text that are kept. What is over is left out, and the log says
        /// so.
        #[schemars(extend("default" = "4MiB"), example = &"1MiB")]
        log_kept: Bytes,
        /// Bytes of the component's file. `run --component` keeps to it, as to
        /// `compile_time` and `compile_memory`; a program that embeds the host loads
        /// components before their runs, and has to hand these limits to its compiler.
        #[schemars(extend("default" = "64MiB"), example = &"8MiB")]
        component_bytes: Bytes,
        /// Seconds on a processor to compile the component, as it is loaded.
        #[schemars(extend("default" = 60), example = 20)]
        compile_time: Seconds,
        /// Bytes of memory to compile the component, as it is loaded.
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
