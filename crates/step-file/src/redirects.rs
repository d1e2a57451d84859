//! `max_redirects`.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use http_step_yaml::{FromNode, Node, Report, Reported};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::number::{whole, whole_schema};

/// The maximum of `max_redirects`, which is below the host's default limit of requests.
pub const MAX_REDIRECTS: u32 = 50;

/// The default of `max_redirects`, as in the requests library.
pub const DEFAULT_MAX_REDIRECTS: u32 = 30;

const RANGE: RangeInclusive<u32> = 0..=MAX_REDIRECTS;

/// A number of redirects.
#[derive(Debug)]
pub(crate) struct Redirects(pub(crate) u32);

impl FromNode for Redirects {
    fn from_node(node: &Node, report: &mut Report) -> Result<Self, Reported> {
        whole(node, "a number of redirects", RANGE, report).map(Self)
    }
}

impl JsonSchema for Redirects {
    fn schema_name() -> Cow<'static, str> {
        "Redirects".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        whole_schema("A number of redirects.", RANGE)
    }
}
