//! Where the request went: group, peer, zone.

use super::{Record, Value, integer};
use crate::attempts::{is_server, last_peer};
use crate::schema::{Field, Product};

impl<'a> Record<'a> {
    /// The group the request was sent to, by the product's own word: nginx `$proxy_host` or ingress-nginx
    /// `$proxy_upstream_name`, Envoy cluster, HAProxy backend, the name of ALB's target group, a backend service.
    ///
    /// The canary's group where ingress-nginx chose the canary; the host asked for where the log has no group
    /// (Envoy's default format, Apache's virtual hosts, Caddy, CloudFront). `None` where nothing was chosen.
    pub fn upstream(&self) -> Option<Value<'a>> {
        if let Some(canary) = self.text(Field::UpstreamAlternative) {
            return Some(canary);
        }
        if let Some(group) = self.text(Field::Upstream) {
            return Some(match self.schema().product() {
                Product::Alb => group.part(target_group_name(group.raw())),
                _ => group,
            });
        }
        match self.schema().product() {
            Product::Envoy
            | Product::Apache
            | Product::Caddy
            | Product::CloudFront
            | Product::AzureFrontDoor
            | Product::Cloudflare => self.text(Field::Host),
            _ => None,
        }
    }

    /// The peer asked last; `None` when nobody was: the name of a group and ingress-nginx's placeholder `0.0.0.1`
    /// are no peers, and HAProxy's `<NOSRV>` is none either.
    pub fn upstream_addr(&self) -> Option<Value<'a>> {
        let list = self.text(Field::UpstreamAddr)?;
        match self.schema().product() {
            Product::Haproxy => is_server(list.raw()).then_some(list),
            Product::Alb | Product::Elb => Some(list),
            product => Some(list.part(last_peer(list.raw(), product)?)),
        }
    }

    /// Availability zone or region: a column of its own, else the region in the ARN of ALB's target group.
    pub fn zone(&self) -> Option<Value<'a>> {
        self.text(Field::Zone).or_else(|| {
            let arn = self.text(Field::Upstream).filter(|_| self.schema().product() == Product::Alb)?;
            let region = arn.raw().split(|&b| b == b':').nth(3).filter(|region| !region.is_empty())?;
            Some(arn.part(region))
        })
    }

    /// Retries: HAProxy's and Traefik's counter, or Envoy's attempts less the first. `None` where the product does
    /// not count; nginx shows its attempts themselves.
    pub fn retries(&self) -> Option<u64> {
        if let Some(retries) = self.raw(Field::Retries) {
            return integer(retries);
        }
        Some(integer(self.raw(Field::AttemptCount)?)?.saturating_sub(1))
    }
}

/// `arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID`; anything else as it is.
fn target_group_name(arn: &[u8]) -> &[u8] {
    let mut parts = arn.split(|&b| b == b'/');
    match (parts.next(), parts.next()) {
        (Some(head), Some(name)) if head.ends_with(b"targetgroup") && !name.is_empty() => name,
        _ => arn,
    }
}
