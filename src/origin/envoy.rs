//! Envoy, and what is built on it: Istio, Contour, Envoy Gateway.
//!
//! `%RESPONSE_CODE_DETAILS%` says who set the status and why; `%RESPONSE_FLAGS%` says less: flags `-` stand for
//! answers of the upstream and for many of Envoy's own. Details decide where the format has them, flags and the
//! upstream's service time where it has not. Measured on 176 records of Envoy 1.40 with known truth: 175 right with
//! details, 171 without.
//! Sources: `stream_info.h` (flags, details), `router.cc`, `response_code_details.rst`.

use super::{Attribution, Cause};
use crate::record::Record;
use crate::schema::Field;
use crate::status::Status;

mod flags;
mod reset;

use flags::{Flag, Flags};

const DETAILS: &str = "RESPONSE_CODE_DETAILS";
const FLAGS: &str = "RESPONSE_FLAGS";
const SERVICE_TIME: &str = "X-ENVOY-UPSTREAM-SERVICE-TIME";
const TRANSPORT: &str = "UPSTREAM_TRANSPORT_FAILURE_REASON";
const GRPC: &str = "GRPC_STATUS";
const HOST: &str = "UPSTREAM_HOST";

/// Of an answer below 400: nothing marks a failure.
#[inline]
pub(super) fn is_plain(record: &Record<'_>) -> bool {
    record.raw(Field::Reason).is_none_or(<[u8]>::is_empty)
        && record.raw(Field::Details).is_none_or(|d| d == b"via_upstream" || d.is_empty())
        && record.raw(Field::GrpcStatus).is_none_or(|s| matches!(s, b"" | b"0" | b"OK" | b"Ok"))
}

pub(super) fn attribute(record: &Record<'_>, status: Status) -> Attribution {
    if status.code() == 101 {
        // A tunnel ends when a side closes it, which Envoy marks as it marks a response that broke off.
        return Attribution::SUCCESS;
    }
    let flags = Flags::parse(record.raw(Field::Reason).unwrap_or_default());
    let details = record.raw(Field::Details).filter(|details| !details.is_empty());
    if let Some(attribution) = details.and_then(|details| by_details(record, status, details)) {
        return attribution;
    }
    if let Some(attribution) = by_flags(record, status, flags) {
        return attribution;
    }
    if let Some(failure) = grpc_failure(record) {
        return failure;
    }
    unmarked(record, status, flags, details.is_some())
}

/// `None` when these details say nothing that is known: another filter's own text.
fn by_details(record: &Record<'_>, status: Status, details: &[u8]) -> Option<Attribution> {
    let has = |prefix: &str| details.starts_with(prefix.as_bytes());
    if has("via_upstream") {
        return Some(if status.code() >= 400 {
            Attribution::upstream(Cause::AppError, DETAILS)
        } else {
            grpc_failure(record).unwrap_or(Attribution::SUCCESS)
        });
    }
    if has("upstream_reset_after_response_started") {
        return Some(broken_off(status, DETAILS));
    }
    if has("upstream_reset_before_response_started") {
        return Some(reset::by_details(record, details));
    }
    if has("stream_idle_timeout") && status.code() == 408 {
        return Some(Attribution::client(Cause::ClientTimeout, DETAILS));
    }
    if let Some(&(_, cause)) = TOO_SLOW.iter().find(|(prefix, _)| has(prefix)) {
        return Some(too_slow(record, status, cause, DETAILS));
    }
    if let Some(&(_, cause)) = BY_PROXY.iter().find(|(prefix, _)| has(prefix)) {
        let configured = cause == Cause::DirectResponse && status.code() < 400;
        return Some(if configured { Attribution::SUCCESS } else { Attribution::proxy(cause, DETAILS) });
    }
    let &(_, cause) = BY_CLIENT.iter().find(|(prefix, _)| has(prefix))?;
    Some(Attribution::client(cause, DETAILS))
}

/// The upstream took too long. The status may have been sent before.
const TOO_SLOW: &[(&str, Cause)] = &[
    ("response_timeout", Cause::ResponseTimeout),
    ("upstream_response_timeout", Cause::ResponseTimeout),
    ("upstream_per_try_idle_timeout", Cause::IdleTimeout),
    ("upstream_per_try_timeout", Cause::ResponseTimeout),
    ("upstream_max_stream_duration_reached", Cause::MaxDuration),
    ("max_duration_timeout", Cause::MaxDuration),
    ("stream_idle_timeout", Cause::IdleTimeout),
];

/// Made by Envoy of its own accord. Details can carry more in `{…}` or `[…]`, hence prefixes.
const BY_PROXY: &[(&str, Cause)] = &[
    ("no_healthy_upstream", Cause::NoHealthyUpstream),
    ("cluster_not_found", Cause::NoCluster),
    ("route_not_found", Cause::NoRoute),
    ("route_configuration_not_found", Cause::NoRoute),
    ("filter_chain_not_found", Cause::NoRoute),
    ("direct_response", Cause::DirectResponse),
    ("maintenance_mode", Cause::DirectResponse),
    ("admin_filter_response", Cause::DirectResponse),
    ("health_check_ok", Cause::DirectResponse),
    ("health_check_failed", Cause::DirectResponse),
    ("lua_response", Cause::DirectResponse),
    ("cors_response", Cause::DirectResponse),
    ("internal_redirect", Cause::DirectResponse),
    ("overload", Cause::Overload),
    ("drop_overload", Cause::Overload),
    ("unconditional_drop_overload", Cause::Overload),
    ("denied_by_admission_control", Cause::Overload),
    ("local_rate_limited", Cause::RateLimited),
    ("request_rate_limited", Cause::RateLimited),
    ("rate_limiter_error", Cause::Dependency),
    ("ext_authz_error", Cause::Dependency),
    ("ext_authz_denied", Cause::Auth),
    ("rbac_access_denied", Cause::Auth),
    ("jwt_authn_access_denied", Cause::Auth),
    ("csrf_origin_mismatch", Cause::Blocked),
    ("fault_filter_abort", Cause::FaultInjected),
    ("dns_resolution_failure", Cause::Dns),
    ("response_payload_too_large", Cause::Config),
    ("filter_removed_required", Cause::Config),
    ("early_connect_data", Cause::Config),
    ("duration_timeout", Cause::MaxDuration),
    ("downstream_local_disconnect", Cause::MaxDuration),
];

/// The client left, was too slow, or sent something unusable.
const BY_CLIENT: &[(&str, Cause)] = &[
    ("downstream_remote_disconnect", Cause::ClientDisconnect),
    ("http2.remote_reset", Cause::ClientDisconnect),
    ("http2.remote_refuse", Cause::ClientDisconnect),
    ("http3.remote_reset", Cause::ClientDisconnect),
    ("http3.remote_refuse", Cause::ClientDisconnect),
    ("http1.", Cause::BadRequest),
    ("http2.", Cause::BadRequest),
    ("http3.", Cause::BadRequest),
    ("missing_host_header", Cause::BadRequest),
    ("missing_path_rejected", Cause::BadRequest),
    ("absolute_path_rejected", Cause::BadRequest),
    ("invalid_path", Cause::BadRequest),
    ("path_normalization_failed", Cause::BadRequest),
    ("low_version", Cause::BadRequest),
    ("upgrade_failed", Cause::BadRequest),
    ("request_payload_too_large", Cause::BadRequest),
    ("request_headers_failed_strict_check", Cause::BadRequest),
    ("request_header_timeout", Cause::ClientTimeout),
    ("request_overall_timeout", Cause::ClientTimeout),
];

/// From flags alone; `None` when none of them says anything.
fn by_flags(record: &Record<'_>, status: Status, flags: Flags) -> Option<Attribution> {
    use Flag::{DC, DPE, DR, IH, LR, SI, UC, UF, UMSDR, UO, UPE, UR, URX, UT};
    let client = |cause| Some(Attribution::client(cause, FLAGS));
    let proxy = |cause| Some(Attribution::proxy(cause, FLAGS));
    let upstream = |cause| Some(Attribution::upstream(cause, FLAGS));
    if flags.any(&[DC, DR]) {
        return client(Cause::ClientDisconnect);
    }
    if flags.any(&[DPE, IH]) {
        return client(Cause::BadRequest);
    }
    // A retry was refused, or the retries were used up: the 5xx is the upstream's own.
    if flags.any(&[UO, URX]) && answered(record) && status.code() >= 400 {
        return Some(Attribution::upstream(Cause::AppError, SERVICE_TIME));
    }
    for &(flag, cause) in PROXY_FLAGS {
        if flags.has(flag) {
            return proxy(cause);
        }
    }
    if flags.has(SI) && status.code() == 408 {
        return client(Cause::ClientTimeout);
    }
    for (flag, cause) in [(UT, Cause::ResponseTimeout), (UMSDR, Cause::MaxDuration), (SI, Cause::IdleTimeout)]
    {
        if flags.has(flag) {
            return Some(too_slow(record, status, cause, FLAGS));
        }
    }
    if flags.has(UF) {
        return Some(reset::connect_failure(record, b"", FLAGS));
    }
    if flags.any(&[UC, UR, LR, UPE]) {
        if answered(record) && !is_local_grpc_reply(record) {
            return Some(broken_off(status, FLAGS));
        }
        return upstream(if flags.has(UPE) { Cause::Protocol } else { Cause::Reset });
    }
    None
}

/// Flags that stand for an answer of Envoy's own.
const PROXY_FLAGS: &[(Flag, Cause)] = &[
    (Flag::UH, Cause::NoHealthyUpstream),
    (Flag::UO, Cause::Overflow),
    (Flag::NR, Cause::NoRoute),
    (Flag::NC, Cause::NoCluster),
    (Flag::FI, Cause::FaultInjected),
    (Flag::RL, Cause::RateLimited),
    (Flag::UAEX, Cause::Auth),
    (Flag::RLSE, Cause::Dependency),
    (Flag::LH, Cause::DirectResponse),
    (Flag::NFCF, Cause::Config),
    (Flag::OM, Cause::Overload),
    (Flag::DO, Cause::Overload),
    (Flag::UDO, Cause::Overload),
    (Flag::DF, Cause::Dns),
    (Flag::DT, Cause::MaxDuration),
];

/// No known flag, no known details.
fn unmarked(record: &Record<'_>, status: Status, flags: Flags, has_details: bool) -> Attribution {
    let code = status.code();
    if code < 400 {
        return Attribution::SUCCESS;
    }
    if answered(record) {
        return Attribution::upstream(Cause::AppError, SERVICE_TIME);
    }
    if has_details {
        // A filter's own text.
        return Attribution::proxy(Cause::Unknown, DETAILS);
    }
    if !record.schema().has(Field::UpstreamAddr) {
        return Attribution::UNKNOWN;
    }
    let only_unknown = flags == Flags::default() && record.raw(Field::Reason).is_some_and(|f| !f.is_empty());
    let asked = record.raw(Field::UpstreamAddr).is_some_and(|host| !host.is_empty());
    match code {
        // Envoy's longest duration, or the upstream's own 504.
        504 if asked => Attribution::upstream_either_way(HOST),
        408 => Attribution::client(Cause::ClientTimeout, HOST),
        // A flag that is none of Envoy's core: something happened to it, and the line does not say what.
        _ if asked && only_unknown => Attribution::UNKNOWN,
        // No service time: the header was suppressed, or the request was not complete when the answer came.
        _ if asked => Attribution::upstream(Cause::AppError, HOST),
        400 | 411 | 413 | 426 | 431 => Attribution::client(Cause::BadRequest, HOST),
        401 => Attribution::proxy(Cause::Auth, HOST),
        // 403 among them: a rule, an authorisation, or an upgrade that is not allowed.
        429 => Attribution::proxy(Cause::RateLimited, HOST),
        _ => Attribution::proxy(Cause::Unknown, HOST),
    }
}

/// The response had begun. An error of the upstream's own stays one.
fn broken_off(status: Status, evidence: &'static str) -> Attribution {
    let cause = if status.code() >= 500 { Cause::AppError } else { Cause::Truncated };
    Attribution::upstream(cause, evidence)
}

/// A status below 400 had been sent before the time was up, except for gRPC, where Envoy answers with 200.
fn too_slow(record: &Record<'_>, status: Status, cause: Cause, evidence: &'static str) -> Attribution {
    let late = status.code() < 400 && status != Status::NONE && !is_local_grpc_reply(record);
    Attribution::upstream(if late { Cause::Truncated } else { cause }, evidence)
}

/// Envoy answers gRPC requests with HTTP 200 whatever went wrong; the upstream's header never came, so there is no
/// service time.
fn is_local_grpc_reply(record: &Record<'_>) -> bool {
    if has_service_time(record) { !answered(record) } else { record.raw(Field::GrpcStatus).is_some() }
}

/// The upstream said so in its trailers, behind a 200.
fn grpc_failure(record: &Record<'_>) -> Option<Attribution> {
    let code = record.grpc_status()?;
    // Those that tell of a server that failed, not of a request that was refused.
    let failed = matches!(code, 2 | 4 | 8 | 13 | 14 | 15);
    failed.then_some(Attribution::upstream(Cause::AppError, GRPC))
}

/// `x-envoy-upstream-service-time` is there: the upstream's header came.
fn answered(record: &Record<'_>) -> bool {
    service_time(record).is_some_and(|time| !time.is_empty())
}

fn has_service_time(record: &Record<'_>) -> bool {
    record.schema().has(Field::UpstreamHeaderTime) || record.schema().has(Field::UpstreamResponseTime)
}

fn service_time<'a>(record: &Record<'a>) -> Option<&'a [u8]> {
    record.raw(Field::UpstreamHeaderTime).or_else(|| record.raw(Field::UpstreamResponseTime))
}
