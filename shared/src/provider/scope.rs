//! The scope of a provider's calls.

use crate::model::{InstanceId, ProviderName, Region, Source};

/// The source of a request, completed by the configuration.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The provider.
    pub provider: ProviderName,
    /// The region.
    pub region: Region,
    /// The instance, for the providers that have one.
    pub instance_id: Option<InstanceId>,
}

impl Scope {
    /// The id of the instance; empty for a provider that has none.
    pub(super) fn instance(&self) -> &str {
        self.instance_id.as_ref().map_or("", InstanceId::as_str)
    }
}

impl From<&Scope> for Source {
    fn from(scope: &Scope) -> Self {
        Self {
            provider: scope.provider,
            region: Some(scope.region.clone()),
            instance_id: scope.instance_id.clone(),
        }
    }
}
