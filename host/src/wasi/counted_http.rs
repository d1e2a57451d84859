//! The functions of `wasi:http` that make something that the host holds grow, pass it on or drop
//! it: wasmtime's own, with their effect on the memory of the run.

use http_step_egress::{field_bytes, header_bytes, places_bytes};
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, LinkerInstance, Resource, ResourceType};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::HeaderResult;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as _;
use wasmtime_wasi_http::p2::bindings::http::types::{
    self, FieldName, FieldValue, Fields, FutureIncomingResponse, FutureTrailers, Host as _,
    IncomingResponse, Method, OutgoingBody, OutgoingRequest, OutgoingResponse, RequestOptions,
};

use super::resource_memory::body::{Sending, Writing, grow};
use super::state::State;

const TYPES: &str = "wasi:http/types@0.2.12";
const HANDLER: &str = "wasi:http/outgoing-handler@0.2.12";

/// The maximum length of a method. The longest registered one has 17 letters.
const MAX_METHOD: usize = 128;

/// The maximum length of an authority. A host name has at most 253 letters.
const MAX_AUTHORITY: usize = 1 << 10;

type Store<'s> = StoreContextMut<'s, State>;
type Instance<'l> = LinkerInstance<'l, State>;

/// Define the functions in place of wasmtime's.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut instance = linker.instance(TYPES)?;
    fields(&mut instance)?;
    requests(&mut instance)?;
    responses(&mut instance)?;
    bodies(&mut instance)?;
    linker.instance(HANDLER)?.func_wrap("handle", handle)?;
    linker.allow_shadowing(false);
    Ok(())
}

/// A resource is dropped, with what it holds.
macro_rules! drops {
    ($instance:expr, $name:literal, $resource:ty, $host:path) => {
        $instance.resource(
            $name,
            ResourceType::host::<$resource>(),
            |mut store: Store<'_>, number| {
                let state = store.data_mut();
                state.resource_memory.take(number);
                <_ as $host>::drop(&mut state.http(), Resource::new_own(number))
            },
        )?;
    };
}

/// A resource shows its table of headers.
macro_rules! shows_headers {
    ($instance:expr, $name:literal, $resource:ty, $host:path) => {
        $instance.func_wrap(
            $name,
            |mut store: Store<'_>, (message,): (Resource<$resource>,)| {
                let state = store.data_mut();
                let number = message.rep();
                let fields = <_ as $host>::headers(&mut state.http(), message)?;
                state.resource_memory.share_header(number, fields.rep());
                Ok((fields,))
            },
        )?;
    };
}

/// A message is made of a table of headers, and has a body to write.
macro_rules! is_written {
    ($instance:expr, $new:literal, $body:literal, $resource:ty, $host:path) => {
        $instance.func_wrap(
            $new,
            |mut store: Store<'_>, (fields,): (Resource<Fields>,)| {
                let state = store.data_mut();
                let part = state.resource_memory.take(fields.rep());
                let message = <_ as $host>::new(&mut state.http(), fields)?;
                state.resource_memory.set(message.rep(), part);
                Ok((message,))
            },
        )?;
        $instance.func_wrap(
            $body,
            |mut store: Store<'_>, (message,): (Resource<$resource>,)| {
                let state = store.data_mut();
                let message_again = Resource::<$resource>::new_borrow(message.rep());
                let body = <_ as $host>::body(&mut state.http(), message)?;
                if let Ok(body) = &body {
                    let pieces = state.resource_memory.add_body(body.rep())?;
                    let sent = &mut state.table.get_mut(&message_again)?.body;
                    *sent = sent.take().map(|body| Sending::wrap(body, pieces));
                }
                Ok((body,))
            },
        )?;
    };
}

fn fields(instance: &mut Instance<'_>) -> wasmtime::Result<()> {
    instance.func_wrap(
        "[static]fields.from-list",
        |mut store: Store<'_>, (entries,): (Vec<(FieldName, FieldValue)>,)| {
            let state = store.data_mut();
            let bytes = entries.iter().map(|(name, value)| field_bytes(name, value));
            // Counted before they exist.
            let part = state.resource_memory.header_room(bytes.sum())?;
            let made = types::HostFields::from_list(&mut state.http(), entries);
            let made = or_error(state, made)?;
            if let Ok(fields) = &made {
                let places = places_bytes(state.table.get(fields)?);
                state.resource_memory.set(fields.rep(), part);
                state.resource_memory.grow_header(fields.rep(), places)?;
            }
            Ok((made,))
        },
    )?;
    instance.func_wrap(
        "[method]fields.append",
        |mut store: Store<'_>, (fields, name, value): (Resource<Fields>, FieldName, FieldValue)| {
            let bytes = field_bytes(&name, &value);
            let state = store.data_mut();
            let done = changed(state, &fields, bytes, |state, fields| {
                types::HostFields::append(&mut state.http(), fields, name, value)
            })?;
            Ok((done,))
        },
    )?;
    instance.func_wrap(
        "[method]fields.set",
        |mut store: Store<'_>,
         (fields, name, values): (Resource<Fields>, FieldName, Vec<FieldValue>)| {
            let bytes = values.iter().map(|value| field_bytes(&name, value)).sum();
            let state = store.data_mut();
            let done = changed(state, &fields, bytes, |state, fields| {
                types::HostFields::set(&mut state.http(), fields, name, values)
            })?;
            Ok((done,))
        },
    )?;
    instance.func_wrap(
        "[method]fields.clone",
        |mut store: Store<'_>, (fields,): (Resource<Fields>,)| {
            let state = store.data_mut();
            let number = fields.rep();
            let other = types::HostFields::clone(&mut state.http(), fields)?;
            state.resource_memory.share_header(number, other.rep());
            Ok((other,))
        },
    )?;
    drops!(instance, "fields", Fields, types::HostFields);
    Ok(())
}

/// Change a table of headers by this many bytes. A removed field keeps its place, so it still
/// counts.
fn changed(
    state: &mut State,
    fields: &Resource<Fields>,
    bytes: usize,
    change: impl FnOnce(&mut State, Resource<Fields>) -> HeaderResult<()>,
) -> wasmtime::Result<Result<(), types::HeaderError>> {
    let number = fields.rep();
    state.resource_memory.grow_header(number, bytes)?;
    let before = places_bytes(state.table.get(fields)?);
    let done = change(state, Resource::new_borrow(number));
    let done = or_error(state, done)?;
    let after = places_bytes(state.table.get(fields)?);
    if after > before {
        state.resource_memory.grow_header(number, after - before)?;
    }
    Ok(done)
}

fn or_error<T>(
    state: &mut State,
    done: HeaderResult<T>,
) -> wasmtime::Result<Result<T, types::HeaderError>> {
    Ok(match done {
        Ok(done) => Ok(done),
        Err(error) => Err(state.http().convert_header_error(error)?),
    })
}

fn requests(instance: &mut Instance<'_>) -> wasmtime::Result<()> {
    is_written!(
        instance,
        "[constructor]outgoing-request",
        "[method]outgoing-request.body",
        OutgoingRequest,
        types::HostOutgoingRequest
    );
    shows_headers!(
        instance,
        "[method]outgoing-request.headers",
        OutgoingRequest,
        types::HostOutgoingRequest
    );
    instance.func_wrap(
        "[method]outgoing-request.set-path-with-query",
        |mut store: Store<'_>, (request, target): (Resource<OutgoingRequest>, Option<String>)| {
            let state = store.data_mut();
            let (number, bytes) = (request.rep(), target.as_ref().map_or(0, String::len));
            let set = types::HostOutgoingRequest::set_path_with_query(
                &mut state.http(),
                request,
                target,
            )?;
            if set.is_ok() {
                state.resource_memory.resize_target(number, bytes)?;
            }
            Ok((set,))
        },
    )?;
    instance.func_wrap(
        "[method]outgoing-request.set-method",
        |mut store: Store<'_>, (request, method): (Resource<OutgoingRequest>, Method)| {
            if matches!(&method, Method::Other(name) if name.len() > MAX_METHOD) {
                return Ok((Err(()),));
            }
            let mut http = store.data_mut().http();
            let set = types::HostOutgoingRequest::set_method(&mut http, request, method)?;
            Ok((set,))
        },
    )?;
    instance.func_wrap(
        "[method]outgoing-request.set-authority",
        |mut store: Store<'_>,
         (request, authority): (Resource<OutgoingRequest>, Option<String>)| {
            let length = authority.as_ref().map_or(0, String::len);
            if length > MAX_AUTHORITY {
                return Ok((Err(()),));
            }
            let mut http = store.data_mut().http();
            let set = types::HostOutgoingRequest::set_authority(&mut http, request, authority)?;
            Ok((set,))
        },
    )?;
    drops!(
        instance,
        "outgoing-request",
        OutgoingRequest,
        types::HostOutgoingRequest
    );
    Ok(())
}

fn responses(instance: &mut Instance<'_>) -> wasmtime::Result<()> {
    is_written!(
        instance,
        "[constructor]outgoing-response",
        "[method]outgoing-response.body",
        OutgoingResponse,
        types::HostOutgoingResponse
    );
    shows_headers!(
        instance,
        "[method]outgoing-response.headers",
        OutgoingResponse,
        types::HostOutgoingResponse
    );
    drops!(
        instance,
        "outgoing-response",
        OutgoingResponse,
        types::HostOutgoingResponse
    );
    instance.func_wrap(
        "[method]future-incoming-response.get",
        |mut store: Store<'_>, (future,): (Resource<FutureIncomingResponse>,)| {
            let state = store.data_mut();
            let got = types::HostFutureIncomingResponse::get(&mut state.http(), future)?;
            if let Some(Ok(Ok(response))) = &got {
                let bytes = header_bytes(&state.table.get(response)?.headers);
                let part = state.resource_memory.header_room(bytes)?;
                state.resource_memory.set(response.rep(), part);
            }
            Ok((got,))
        },
    )?;
    shows_headers!(
        instance,
        "[method]incoming-response.headers",
        IncomingResponse,
        types::HostIncomingResponse
    );
    drops!(
        instance,
        "incoming-response",
        IncomingResponse,
        types::HostIncomingResponse
    );
    drops!(
        instance,
        "future-incoming-response",
        FutureIncomingResponse,
        types::HostFutureIncomingResponse
    );
    Ok(())
}

fn bodies(instance: &mut Instance<'_>) -> wasmtime::Result<()> {
    instance.func_wrap(
        "[method]outgoing-body.write",
        |mut store: Store<'_>, (body,): (Resource<OutgoingBody>,)| {
            let state = store.data_mut();
            let pieces = state.resource_memory.part(body.rep()).body.clone();
            let stream = state.table.get_mut(&body)?.take_output_stream();
            let (Some(stream), Some(pieces)) = (stream, pieces) else {
                return Ok((Err(()),));
            };
            let stream = Writing::wrap(stream, pieces);
            Ok((Ok(state.table.push_child(stream, &body)?),))
        },
    )?;
    instance.func_wrap(
        "[static]outgoing-body.finish",
        |mut store: Store<'_>,
         (body, trailers): (Resource<OutgoingBody>, Option<Resource<Fields>>)| {
            let state = store.data_mut();
            let part = state.resource_memory.take(body.rep());
            let trailers_part = trailers
                .as_ref()
                .map(|it| state.resource_memory.take(it.rep()));
            let room = trailers_part.and_then(|part| part.header);
            if let (Some(pieces), Some(room)) = (&part.body, room) {
                // They wait with the rest of it.
                grow(pieces, room.taken())?;
            }
            let done = types::HostOutgoingBody::finish(&mut state.http(), body, trailers);
            let done = match done {
                Ok(()) => Ok(()),
                Err(error) => Err(state.http().convert_error_code(error)?),
            };
            Ok((done,))
        },
    )?;
    drops!(
        instance,
        "outgoing-body",
        OutgoingBody,
        types::HostOutgoingBody
    );
    instance.func_wrap(
        "[method]future-trailers.get",
        |mut store: Store<'_>, (future,): (Resource<FutureTrailers>,)| {
            let state = store.data_mut();
            let got = types::HostFutureTrailers::get(&mut state.http(), future)?;
            if let Some(Ok(Ok(Some(trailers)))) = &got {
                let bytes = header_bytes(state.table.get(trailers)?);
                let part = state.resource_memory.header_room(bytes)?;
                state.resource_memory.set(trailers.rep(), part);
            }
            Ok((got,))
        },
    )?;
    Ok(())
}

type Requested = (Resource<OutgoingRequest>, Option<Resource<RequestOptions>>);
type Answered = (Result<Resource<FutureIncomingResponse>, types::ErrorCode>,);

/// A request is sent. What it holds counts until its response can't be requested any more.
fn handle(mut store: Store<'_>, (request, options): Requested) -> wasmtime::Result<Answered> {
    let state = store.data_mut();
    let part = state.resource_memory.take(request.rep());
    let handled = match state.http().handle(request, options) {
        Ok(response) => {
            state.resource_memory.set(response.rep(), part);
            Ok(response)
        }
        Err(error) => Err(state.http().convert_error_code(error)?),
    };
    Ok((handled,))
}
