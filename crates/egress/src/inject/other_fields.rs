//! The header fields of a request that not every grant of a secret allows.

use std::sync::Arc;

use http::Request;
use http_step_policy::OtherField;

use crate::auth::Placeholder;

/// Those of a request as the component wrote it, with handles. It is an extension of a request whose
/// head contains values, since decisions of the policy must not depend on them.
#[derive(Clone)]
pub(super) struct WrittenFields(pub(super) Arc<[OtherField]>);

/// Those of the credentials that the host will compute, as an extension of the request.
#[derive(Clone)]
pub(crate) struct ComputedFields(Arc<[OtherField]>);

impl ComputedFields {
    pub(crate) fn new(placeholders: &[Arc<Placeholder>]) -> Self {
        let fields = placeholders.iter();
        Self(fields.filter_map(|it| it.scheme.other_field()).collect())
    }
}

/// Those of a request.
pub(super) fn other_fields<B>(request: &Request<B>) -> Arc<[OtherField]> {
    if let Some(WrittenFields(fields)) = request.extensions().get() {
        return Arc::clone(fields);
    }
    let header = request.headers().iter();
    let written =
        header.filter_map(|(name, value)| OtherField::new(name.as_str(), value.as_bytes()));
    let computed = request.extensions().get::<ComputedFields>();
    let computed = computed
        .into_iter()
        .flat_map(|fields| fields.0.iter().cloned());
    written.chain(computed).collect()
}
