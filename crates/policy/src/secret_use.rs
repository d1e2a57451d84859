//! Uses of secrets: whether a request may contain a secret, and whether it may sign the request.

use crate::denial::{Denial, DeniedSecret, SecretDenialReason};
use crate::origin::Origin;
use crate::secret::{OtherField, Place, Placement, Refused, Secret};

/// A use of a secret.
#[derive(Clone, Copy, Debug)]
pub struct SecretUse<'r> {
    /// The request's origin.
    pub origin: &'r Origin,
    /// The request's method.
    pub method: &'r str,
    /// Its path as it is sent, but with handles in place of the values of secrets, since errors
    /// must not depend on them. A query after it is ignored.
    pub path: &'r str,
    /// Whether the path contains a value that is not [plain](crate::is_plain_in_path).
    pub has_ambiguous_value: bool,
    /// The place in the request.
    pub place: Place,
    /// What is next to it there.
    pub placement: Placement<'r>,
    /// The other header fields of the request.
    pub other_fields: &'r [OtherField],
    /// A field of the query or the body that can make a server use another method
    /// ([`is_override_field`](crate::is_override_field)).
    pub override_field: Option<&'r str>,
}

impl Secret {
    /// Check whether a place of a request may contain the value, or whether it may sign the request,
    /// without other text next to it, and without [other fields](OtherField) in the request.
    ///
    /// # Errors
    ///
    /// Those of [`Self::admit_use`].
    pub fn admit(
        &self,
        origin: &Origin,
        method: &str,
        path: &str,
        place: Place,
    ) -> Result<(), Denial> {
        self.admit_use(&SecretUse {
            origin,
            method,
            path,
            has_ambiguous_value: false,
            place,
            placement: Placement::Whole,
            other_fields: &[],
            override_field: None,
        })
    }

    /// Check a use of the value.
    ///
    /// # Errors
    ///
    /// The denial. For [`Place::Url`] it does not reveal the URL.
    pub fn admit_use(&self, used: &SecretUse<'_>) -> Result<(), Denial> {
        let denied = |why| {
            Err(Denial::for_secret(DeniedSecret::new(
                self,
                used.origin,
                used.place,
                why,
            )))
        };
        // First: otherwise a step could use a secret that is granted only as a URL in a header, and
        // learn its origin from the denial.
        if let Some(why) = self.misplaced(used.place, &used.placement) {
            return denied(why);
        }
        if !self
            .origins()
            .iter()
            .any(|pattern| pattern.matches(used.origin))
        {
            return denied(SecretDenialReason::Origin);
        }
        if let Some(methods) = self.granted_methods()
            && !methods.contains(used.method)
        {
            return denied(SecretDenialReason::method(used.method));
        }
        if let Some(prefix) = self.granted_path_prefix() {
            let refused = match prefix.admit(used.path) {
                Ok(()) => used.has_ambiguous_value.then_some(Refused::AmbiguousValue),
                Err(refused) => Some(refused),
            };
            if let Some(refused) = refused {
                return denied(SecretDenialReason::Path(prefix.clone(), refused));
            }
        }
        let mut fields = used.other_fields.iter();
        if let Some(field) = fields.find(|field| !self.allows_field(field)) {
            return denied(SecretDenialReason::OtherField(field.clone()));
        }
        match used.override_field {
            Some(field) => self.admit_beside(used.origin, used.place, field),
            None => Ok(()),
        }
    }

    /// Check whether it may be in a request whose query or body has a field that can make a server use
    /// another method.
    ///
    /// # Errors
    ///
    /// The denial, if it is restricted to methods or paths.
    pub fn admit_beside(&self, origin: &Origin, place: Place, field: &str) -> Result<(), Denial> {
        if !self.is_bound() {
            return Ok(());
        }
        let why = SecretDenialReason::overridden(field);
        Err(Denial::for_secret(DeniedSecret::new(
            self, origin, place, why,
        )))
    }

    /// Why it may not be there, if it may not.
    fn misplaced(&self, place: Place, placement: &Placement<'_>) -> Option<SecretDenialReason> {
        // Never allowed.
        match placement {
            Placement::BehindEscape(sign) => return Some(SecretDenialReason::BehindEscape(*sign)),
            Placement::Recoded => return Some(SecretDenialReason::Recoded),
            _ => {}
        }
        if let Placement::InHeader(field) = placement
            && self.formats().any(|format| format.fits(field))
        {
            return None;
        }
        let alone = match placement {
            Placement::InHeader(field) => field.alone(),
            alone => *alone,
        };
        let composed = match alone {
            Placement::Whole | Placement::BehindEscape(_) | Placement::Recoded => None,
            Placement::Composed => Some(SecretDenialReason::Composed),
            Placement::NotPlain => Some(SecretDenialReason::NotPlain),
            Placement::Repeated(field) => Some(SecretDenialReason::repeated(field)),
            Placement::Joined => Some(SecretDenialReason::Joined),
            Placement::InHeader(_) => Some(SecretDenialReason::Composed),
        };
        let is_granted = self.is_granted_for(place);
        // `compose` grants both, unless the operator chose a field.
        let is_pinned = place == Place::Header && self.formats().next().is_some();
        if let (None, Placement::InHeader(field)) = (&composed, placement) {
            let is_allowed = match is_granted {
                true => self.composed_places().contains(&place) || field.is_for_credentials(),
                false => !is_pinned && field.is_for_credentials(),
            };
            if !is_allowed {
                return Some(SecretDenialReason::field(field.field));
            }
        }
        let is_composable = Place::COMPOSABLE.contains(&place);
        match composed {
            None if is_granted => None,
            Some(_) if self.composed_places().contains(&place) => None,
            Some(why) if is_granted || (is_composable && !is_pinned) => Some(why),
            _ => Some(SecretDenialReason::Place),
        }
    }
}
