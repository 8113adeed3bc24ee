//! One case: what is sent, what the peers do, and what must follow.

use std::time::Duration;

use brownout::{Cause, Origin};

use crate::client::Request;

/// A try at a peer, as the test arranged it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Try {
    /// The peer's name in the test.
    pub(crate) peer: &'static str,
    /// The status that stands for this try, the proxy's own where the peer gave none; `None` where nothing was
    /// decided yet (the client left).
    pub(crate) status: Option<u16>,
    /// The peer sent a response header that can be used.
    pub(crate) answered: bool,
    /// The request reached a peer that listens.
    pub(crate) reached: bool,
}

/// See the module.
#[expect(clippy::struct_excessive_bools, reason = "each stands for itself")]
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) protocol: &'static str,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
    /// Sent instead of all that.
    raw: Option<Vec<u8>>,
    leaves_after: Option<Duration>,

    pub(crate) status: u16,
    /// The client gets nothing, or does not wait for it.
    pub(crate) unanswered: bool,
    pub(crate) upstream: Option<&'static str>,
    pub(crate) tries: Vec<Try>,
    pub(crate) origin: Origin,
    /// The cause.
    pub(crate) cause: Option<Cause>,
    /// What the line may be read as instead, and why it cannot tell.
    pub(crate) instead: Vec<(Cause, &'static str)>,
    pub(crate) masked: bool,
    /// At least so long.
    pub(crate) takes: Duration,
    /// The product's own word begins so.
    pub(crate) reason: Option<&'static str>,
    /// What a format without all columns may say instead.
    pub(crate) weak_cause: Option<Cause>,
    /// The proxy read only the beginning of the request, and logs what it has.
    pub(crate) cut: bool,
    /// What the line must read as, where the product logs this like something else, and how so.
    pub(crate) reading: Option<(Origin, Option<Cause>, &'static str)>,
    /// The bytes logged are not those on the wire.
    pub(crate) any_bytes: bool,
    pub(crate) grpc: Option<u8>,
}

impl Case {
    /// `GET` with HTTP/1.1; nothing fails until said otherwise.
    pub(crate) fn get(name: &'static str, target: impl Into<String>) -> Self {
        Self {
            name,
            method: "GET",
            target: target.into(),
            protocol: "HTTP/1.1",
            headers: vec![("Host", b"shop.test".to_vec()), ("Connection", b"close".to_vec())],
            body: Vec::new(),
            raw: None,
            leaves_after: None,
            status: 200,
            unanswered: false,
            upstream: None,
            tries: Vec::new(),
            origin: Origin::None,
            cause: None,
            instead: Vec::new(),
            masked: false,
            takes: Duration::ZERO,
            reason: None,
            weak_cause: None,
            cut: false,
            reading: None,
            any_bytes: false,
            grpc: None,
        }
    }

    /// These bytes, which are no decent request.
    pub(crate) fn raw(name: &'static str, bytes: &[u8]) -> Self {
        let mut case = Self::get(name, "");
        case.raw = Some(bytes.to_vec());
        case
    }

    pub(crate) fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub(crate) fn protocol(mut self, protocol: &'static str) -> Self {
        self.protocol = protocol;
        self
    }

    /// Adds a header, or replaces it.
    pub(crate) fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    pub(crate) fn body(self, body: &str) -> Self {
        let mut case = self.header("Content-Length", body.len().to_string());
        case.body = body.as_bytes().to_vec();
        case
    }

    /// The client leaves after so many milliseconds.
    pub(crate) fn leaves_after(mut self, millis: u64) -> Self {
        self.leaves_after = Some(Duration::from_millis(millis));
        self.takes_at_least(millis).unanswered()
    }

    /// The status of the line, which the client gets too.
    pub(crate) fn gets(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The client gets nothing, or does not wait for it.
    pub(crate) fn unanswered(mut self) -> Self {
        self.unanswered = true;
        self
    }

    pub(crate) fn upstream(mut self, name: &'static str) -> Self {
        self.upstream = Some(name);
        self
    }

    /// The peer was asked and answered with this status.
    pub(crate) fn answered(self, peer: &'static str, status: u16) -> Self {
        self.attempt(Try { peer, status: Some(status), answered: true, reached: true })
    }

    /// The peer got the request and gave no answer that can be used; the proxy stands in with this status.
    pub(crate) fn failed(self, peer: &'static str, status: impl Into<Option<u16>>) -> Self {
        self.attempt(Try { peer, status: status.into(), answered: false, reached: true })
    }

    /// The request never got to the peer.
    pub(crate) fn missed(self, peer: &'static str, status: u16) -> Self {
        self.attempt(Try { peer, status: Some(status), answered: false, reached: false })
    }

    fn attempt(mut self, attempt: Try) -> Self {
        self.tries.push(attempt);
        self
    }

    pub(crate) fn fault(mut self, origin: Origin, cause: Cause) -> Self {
        self.origin = origin;
        self.cause = Some(cause);
        self
    }

    /// The line fits this cause too, and why it cannot tell.
    pub(crate) fn or(mut self, cause: Cause, why: &'static str) -> Self {
        self.instead.push((cause, why));
        self
    }

    /// The product's own word for it begins so.
    pub(crate) fn reason(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The status of gRPC that the line has.
    pub(crate) fn grpc(mut self, status: u8) -> Self {
        self.grpc = Some(status);
        self
    }

    /// What a format without all columns may say instead.
    pub(crate) fn weakly(mut self, cause: Cause) -> Self {
        self.weak_cause = Some(cause);
        self
    }

    /// The proxy reads only the beginning of the request, and logs what it has.
    pub(crate) fn cut(mut self) -> Self {
        self.cut = true;
        self
    }

    /// A failure that the proxy does not log: the line must read as a success.
    pub(crate) fn silently(mut self) -> Self {
        self.reading = Some((Origin::None, None, "the line is that of a success"));
        self
    }

    /// The product logs this exactly like that.
    pub(crate) fn reads_as(mut self, origin: Origin, cause: Cause, why: &'static str) -> Self {
        self.reading = Some((origin, Some(cause), why));
        self
    }

    /// The bytes logged are not those on the wire.
    pub(crate) fn any_bytes(mut self) -> Self {
        self.any_bytes = true;
        self
    }

    pub(crate) fn masked(mut self) -> Self {
        self.masked = true;
        self
    }

    pub(crate) fn takes_at_least(mut self, millis: u64) -> Self {
        self.takes = Duration::from_millis(millis);
        self
    }

    pub(crate) const fn is_raw(&self) -> bool {
        self.raw.is_some()
    }

    /// The value of a header that is sent.
    pub(crate) fn sent(&self, name: &str) -> Option<&[u8]> {
        if self.is_raw() {
            return None;
        }
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| &value[..])
    }

    /// The bytes on the wire.
    pub(crate) fn request(&self) -> Request {
        let bytes = self.raw.clone().unwrap_or_else(|| {
            let mut bytes = format!("{} {} {}\r\n", self.method, self.target, self.protocol).into_bytes();
            for (name, value) in &self.headers {
                bytes.extend_from_slice(name.as_bytes());
                bytes.extend_from_slice(b": ");
                bytes.extend_from_slice(value);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(&self.body);
            bytes
        });
        Request { bytes, leaves_after: self.leaves_after }
    }
}
