//! Components of contract 0.1.0 (`wit/0.1.0`): what they import under other names, and the records that
//! have changed since.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{
    ComponentExportIndex, ComponentType, InstancePre, Lift, Linker, LinkerInstance, Lower,
    Resource, ResourceType,
};
use wasmtime::{Store, StoreContextMut, bail};

use super::hash::HostSha256;
use super::{Hashing, Imports, auth, log, properties, types};

/// What the component exports.
const EXPORT: &str = "http-step";

/// A component with its imports, ready to be instantiated.
pub(crate) struct StepPre<T: 'static> {
    pre: InstancePre<T>,
    export: ComponentExportIndex,
}

/// `request-spec` of 0.1.0.
#[derive(ComponentType, Lower)]
#[component(record)]
struct RequestSpec<'s> {
    method: &'s str,
    url: &'s str,
    params: &'s types::Fields,
    headers: &'s types::Fields,
    body: &'s Option<types::Body>,
    cookies: &'s types::Fields,
    auth: &'s Option<types::Auth>,
    #[component(name = "hide-request-headers")]
    hide_request_headers: &'s [String],
    #[component(name = "hide-response-headers")]
    hide_response_headers: &'s [String],
    settings: Settings<'s>,
    extensions: &'s [types::Extension],
}

/// `settings` of 0.1.0.
#[derive(ComponentType, Lower)]
#[component(record)]
struct Settings<'s> {
    timeout: types::Timeouts,
    #[component(name = "allow-redirects")]
    allow_redirects: bool,
    #[component(name = "max-redirects")]
    max_redirects: u32,
    stream: bool,
    verify: &'s types::Verify,
    cert: &'s Option<types::ClientCertificate>,
    proxies: &'s [types::Proxy],
}

/// `step-result` of 0.1.0.
#[derive(ComponentType, Lift)]
#[component(record)]
struct StepResult {
    outcome: types::Outcome,
    summary: String,
    exchanges: Vec<types::Exchange>,
    outputs: Vec<types::Output>,
    error: Option<types::StepError>,
}

impl<'s> From<&'s types::RequestSpec> for RequestSpec<'s> {
    /// Without what 0.1.0 doesn't have: the host runs no step file that needs it.
    fn from(spec: &'s types::RequestSpec) -> Self {
        let settings = &spec.settings;
        Self {
            method: &spec.method,
            url: &spec.url,
            params: &spec.params,
            headers: &spec.headers,
            body: &spec.body,
            cookies: &spec.cookies,
            auth: &spec.auth,
            hide_request_headers: &spec.hide_request_headers,
            hide_response_headers: &spec.hide_response_headers,
            settings: Settings {
                timeout: settings.timeout,
                allow_redirects: settings.allow_redirects,
                max_redirects: settings.max_redirects,
                stream: settings.stream,
                verify: &settings.verify,
                cert: &settings.cert,
                proxies: &settings.proxies,
            },
            extensions: &spec.extensions,
        }
    }
}

impl From<StepResult> for types::StepResult {
    fn from(result: StepResult) -> Self {
        Self {
            outcome: result.outcome,
            summary: result.summary,
            exchanges: result.exchanges,
            checks: Vec::new(),
            outputs: result.outputs,
            error: result.error,
        }
    }
}

impl<T> Clone for StepPre<T> {
    fn clone(&self) -> Self {
        Self {
            pre: self.pre.clone(),
            export: self.export,
        }
    }
}

impl<T: Send> StepPre<T> {
    /// Check that it exports a step.
    pub(super) fn new(pre: InstancePre<T>) -> wasmtime::Result<Self> {
        let export = pre.component().get_export(None, EXPORT);
        let Some((ComponentItem::ComponentFunc(func), export)) = export else {
            bail!("its export `{EXPORT}` is not a function");
        };
        func.typecheck::<(RequestSpec<'_>,), (StepResult,)>(&pre.instance_type())?;
        Ok(Self { pre, export })
    }

    /// Call the component's export, in a new instance.
    pub(super) async fn call(
        &self,
        store: &mut Store<T>,
        spec: &types::RequestSpec,
    ) -> wasmtime::Result<types::StepResult> {
        let instance = self.pre.instantiate_async(&mut *store).await?;
        let step = instance
            .get_typed_func::<(RequestSpec<'_>,), (StepResult,)>(&mut *store, &self.export)?;
        let (result,) = step.call_async(&mut *store, (spec.into(),)).await?;
        Ok(result.into())
    }
}

/// Add the imports, which are those of 0.2.0 by other names.
pub(super) fn add_to_linker<T: Imports>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    linker.instance("ci:http-step/types@0.1.0")?;
    add_properties(&mut linker.instance("ci:http-step/properties@0.1.0")?)?;
    add_auth(&mut linker.instance("ci:http-step/auth@0.1.0")?)?;
    add_hash(&mut linker.instance("ci:http-step/hash@0.1.0")?)?;
    add_log(&mut linker.instance("ci:http-step/log@0.1.0")?)
}

fn add_properties<T: Imports>(instance: &mut LinkerInstance<'_, T>) -> wasmtime::Result<()> {
    use properties::Host;
    instance.func_wrap(
        "get",
        |mut caller: StoreContextMut<'_, T>, (name,): (String,)| {
            Ok((Host::get(caller.data_mut(), name)?,))
        },
    )?;
    instance.func_wrap(
        "spelled",
        |mut caller: StoreContextMut<'_, T>, (name,): (String,)| {
            Ok((Host::spelled(caller.data_mut(), name),))
        },
    )?;
    instance.func_wrap(
        "secret",
        |mut caller: StoreContextMut<'_, T>, (name,): (String,)| {
            Ok((Host::secret(caller.data_mut(), name)?,))
        },
    )
}

fn add_auth<T: Imports>(instance: &mut LinkerInstance<'_, T>) -> wasmtime::Result<()> {
    instance.func_wrap(
        "credentials",
        |mut caller: StoreContextMut<'_, T>, (scheme,): (auth::Scheme,)| {
            Ok((auth::Host::credentials(caller.data_mut(), scheme),))
        },
    )
}

fn add_hash<T: Imports>(instance: &mut LinkerInstance<'_, T>) -> wasmtime::Result<()> {
    type Hash = Resource<Hashing>;

    let ty = ResourceType::host::<Hashing>();
    instance.resource("sha256", ty, |mut caller: StoreContextMut<'_, T>, hash| {
        HostSha256::drop(caller.data_mut(), Resource::new_own(hash))
    })?;
    instance.func_wrap(
        "[constructor]sha256",
        |mut caller: StoreContextMut<'_, T>, (): ()| Ok((HostSha256::new(caller.data_mut())?,)),
    )?;
    instance.func_wrap_async(
        "[method]sha256.update",
        |mut caller: StoreContextMut<'_, T>, (hash, bytes): (Hash, Vec<u8>)| {
            Box::new(async move { HostSha256::update(caller.data_mut(), hash, bytes).await })
        },
    )?;
    instance.func_wrap(
        "[static]sha256.finish",
        |mut caller: StoreContextMut<'_, T>, (hash,): (Hash,)| {
            Ok((HostSha256::finish(caller.data_mut(), hash)?,))
        },
    )
}

fn add_log<T: Imports>(instance: &mut LinkerInstance<'_, T>) -> wasmtime::Result<()> {
    instance.func_wrap_async(
        "write",
        |mut caller: StoreContextMut<'_, T>, (stream, text): (log::Stream, String)| {
            Box::new(async move { log::Host::write(caller.data_mut(), stream, text).await })
        },
    )
}
