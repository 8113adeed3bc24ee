//! `brownout.report.v1`: which keys the JSON report has, and in which order.

mod layers;

use super::json::Json;
use super::{Comparison, EpisodeReport, HostReport, Notice, Report, UpstreamReport};
use crate::aggregate::{LineCounts, Reject};
use crate::detect::Gap;
use crate::inputs::InputInfo;
use crate::origin::Origin;
use crate::status::{Class, Status};
use crate::time::Timestamp;
use layers::layers;

/// Digits after the point of ratios.
const RATIO_DIGITS: usize = 6;

pub(super) fn write(report: &Report) -> String {
    let mut json = Json::new();
    json.object(|j| {
        j.key("schema").string("brownout.report.v1");
        j.key("inputs").array(&report.inputs, input);
        lines(j.key("lines"), &report.lines);
        j.key("rejects").array(&report.rejects, reject);
        j.key("range").object(|j| {
            time(j.key("first"), report.range.map(|r| r.0));
            time(j.key("last"), report.range.map(|r| r.1));
        });
        j.key("formats").array(&report.formats, |j, format| {
            j.object(|j| {
                j.key("name").string(&format.name);
                j.key("product").string(format.product.name());
                j.key("lines").plain(format.lines);
            });
        });
        classes(j.key("classes"), &report.classes);
        codes(j.key("codes"), &report.codes);
        origins(j.key("origins"), &report.origins);
        j.key("upstreams").array(&report.upstreams, upstream);
        j.key("episodes").array(&report.episodes, episode);
        j.key("gaps").array(&report.gaps, gap);
        j.key("notices").array(&report.notices, notice);
        if let Some(c) = &report.comparison {
            comparison(j.key("comparison"), c);
        }
        if let Some(l) = &report.layers {
            layers(j.key("layers"), l);
        }
    });
    json.finish()
}

fn input(j: &mut Json, input: &InputInfo) {
    j.object(|j| {
        j.key("path").string(&input.path.to_string_lossy());
        j.key("format").option(input.format.as_deref(), Json::string);
        j.key("bytes").plain(input.bytes);
        j.key("lines").plain(input.lines);
        j.key("framing").option(input.framing.as_deref(), Json::string);
        j.key("note").option(input.note.as_deref(), Json::string);
        j.key("assumed_offset_s").option(input.assumed_offset, Json::plain);
        j.key("unterminated").plain(input.unterminated);
        j.key("assumed_year").option(input.assumed_year, Json::plain);
        j.key("ended").option(input.ended.as_deref(), Json::string);
    });
}

fn lines(j: &mut Json, lines: &LineCounts) {
    j.object(|j| {
        j.key("total").plain(lines.total);
        j.key("access").plain(lines.access);
        j.key("other").plain(lines.other);
        j.key("malformed").plain(lines.malformed);
        j.key("blank").plain(lines.blank);
        j.key("untimed").plain(lines.untimed);
        j.key("outside").plain(lines.outside);
        j.key("ambiguous").plain(lines.ambiguous);
    });
}

fn reject(j: &mut Json, reject: &Reject) {
    j.object(|j| {
        j.key("kind").string(reject.kind.name());
        j.key("column").string(&reject.column);
        j.key("count").plain(reject.count);
        j.key("first").array(&reject.first, |j, (file, offset)| {
            j.object(|j| {
                j.key("file").string(file);
                j.key("offset").plain(offset);
            });
        });
    });
}

fn classes(j: &mut Json, classes: &[(Class, u64)]) {
    j.object(|j| classes.iter().for_each(|(class, count)| j.key(class.name()).plain(count)));
}

fn codes(j: &mut Json, codes: &[(Status, u64)]) {
    j.object(|j| codes.iter().for_each(|(status, count)| j.key(&status.to_string()).plain(count)));
}

/// Always the same four keys, so that a reader need not ask which are there.
fn origins(j: &mut Json, origins: &[(Origin, u64)]) {
    j.object(|j| {
        for origin in [Origin::Upstream, Origin::Proxy, Origin::Client, Origin::Unknown] {
            j.key(origin.name()).plain(origins.iter().filter(|o| o.0 == origin).map(|o| o.1).sum::<u64>());
        }
    });
}

fn upstream(j: &mut Json, upstream: &UpstreamReport) {
    j.object(|j| {
        j.key("upstream").string(&upstream.name);
        j.key("requests").plain(upstream.requests);
        classes(j.key("classes"), &upstream.classes);
        codes(j.key("codes"), &upstream.codes);
        origins(j.key("origins"), &upstream.origins);
        j.key("causes").array(&upstream.causes, |j, (status, cause, count)| {
            j.object(|j| {
                j.key("status").plain(status.code());
                j.key("cause").string(cause.name());
                j.key("count").plain(count);
            });
        });
        j.key("masked").plain(upstream.masked);
        j.key("hosts").array(&upstream.hosts, host);
        ratio(j.key("baseline"), upstream.baseline);
        j.key("chronic").plain(upstream.chronic);
        ratio(j.key("min_visible_rate"), upstream.min_visible_rate);
    });
}

fn host(j: &mut Json, host: &HostReport) {
    j.object(|j| {
        j.key("host").string(&host.host);
        j.key("zone").option(some(&host.zone), Json::string);
        j.key("requests").plain(host.requests);
        j.key("errors").plain(host.errors);
        j.key("by_proxy").plain(host.by_proxy);
        j.key("masked").plain(host.masked);
    });
}

fn episode(j: &mut Json, report: &EpisodeReport) {
    let episode = &report.episode;
    j.object(|j| {
        time(j.key("start"), Some(episode.start));
        time(j.key("end"), episode.end);
        j.key("pattern").string(episode.pattern.name());
        j.key("would_be").string(episode.would_be.name());
        j.key("scope").string(episode.scope.name());
        j.key("upstream");
        match episode.upstreams.as_slice() {
            _ if report.everywhere => j.string("*"),
            [one] => j.string(one),
            several => j.strings(several),
        }
        j.key("upstreams").strings(&episode.upstreams);
        j.key("zone").option(episode.zone.as_deref(), Json::string);
        j.key("hosts").strings(&episode.hosts);
        j.key("routes").strings(&episode.routes);
        j.key("dominant_status").option(report.dominant_status, |j, status| j.plain(status.code()));
        j.key("origin").string(episode.origin.name());
        j.key("cause").option(episode.cause, |j, cause| j.string(cause.name()));
        j.key("requests").plain(episode.requests);
        j.key("errors").plain(episode.errors);
        j.key("by_proxy").plain(episode.by_proxy);
        j.key("by_upstream").plain(episode.by_upstream);
        j.key("peak_rate").float(episode.peak_rate, RATIO_DIGITS);
        ratio(j.key("baseline"), Some(episode.baseline));
        j.key("masked").plain(episode.masked);
        j.key("planned").plain(episode.planned);
        j.key("rolling").plain(episode.rolling);
        j.key("relapses").plain(episode.relapses);
        j.key("amplification").option(episode.amplification, |j, x| j.float(x, 2));
        j.key("timeout_ms").option(episode.timeout_ms, Json::plain);
        j.key("severity").string(episode.severity.name());
        j.key("budget_burned").float(episode.budget_burned, RATIO_DIGITS);
        time(j.key("detected_at"), Some(episode.detected_at));
        time(j.key("sustained_at"), episode.sustained_at);
        j.key("evidence_nats").float(episode.evidence, 1);
        j.key("phases").array(&episode.phases, |j, (start, end)| {
            j.object(|j| {
                time(j.key("start"), Some(*start));
                time(j.key("end"), Some(*end));
            });
        });
        j.key("verdict").string(&report.diagnosis.verdict);
        j.key("causes").array(&report.diagnosis.causes, |j, cause| {
            j.object(|j| {
                j.key("cause").string(cause.cause.name());
                ratio(j.key("share"), cause.share);
                j.key("why").string(&cause.why);
            });
        });
        j.key("evidence").strings(&report.diagnosis.evidence);
        j.key("check_first").strings(&report.diagnosis.check_first);
    });
}

fn gap(j: &mut Json, gap: &Gap) {
    j.object(|j| {
        time(j.key("start"), Some(gap.start));
        time(j.key("end"), Some(gap.end));
        j.key("upstream").string(&gap.upstream);
        j.key("expected").float(gap.expected, 1);
    });
}

fn notice(j: &mut Json, notice: &Notice) {
    j.object(|j| {
        j.key("kind").string(notice.kind.name());
        j.key("upstream").option(notice.upstream.as_deref(), Json::string);
        j.key("status").option(notice.status, |j, status| j.plain(status.code()));
        j.key("count").plain(notice.count);
        j.key("share").float(notice.share, RATIO_DIGITS);
        time(j.key("start"), notice.start);
        time(j.key("end"), notice.end);
        j.key("clients").option(notice.clients, Json::plain);
        j.key("message").string(&notice.message);
        j.key("check_first").strings(&notice.check_first);
    });
}

fn comparison(j: &mut Json, comparison: &Comparison) {
    let counts = |j: &mut Json, (requests, errors): (u64, u64)| {
        j.object(|j| {
            j.key("requests").plain(requests);
            j.key("errors").plain(errors);
        });
    };
    j.object(|j| {
        j.key("range").object(|j| {
            time(j.key("first"), comparison.range.map(|r| r.0));
            time(j.key("last"), comparison.range.map(|r| r.1));
        });
        j.key("requests").plain(comparison.requests);
        j.key("upstreams").array(&comparison.upstreams, |j, u| {
            j.object(|j| {
                j.key("upstream").string(&u.upstream);
                j.key("change").string(u.change.name());
                counts(j.key("before"), u.before);
                counts(j.key("now"), u.now);
                ratio(j.key("difference"), u.test.map(|t| t.difference));
                ratio(j.key("low"), u.test.map(|t| t.interval.0));
                ratio(j.key("high"), u.test.map(|t| t.interval.1));
                ratio(j.key("p"), u.test.map(|t| t.p));
            });
        });
        j.key("new_codes").array(&comparison.new_codes, |j, new| {
            j.object(|j| {
                j.key("upstream").string(&new.upstream);
                j.key("status").plain(new.what.code());
                j.key("count").plain(new.count);
                j.key("expected").float(new.expected, 1);
            });
        });
        j.key("new_causes").array(&comparison.new_causes, |j, new| {
            j.object(|j| {
                j.key("upstream").string(&new.upstream);
                j.key("status").plain(new.what.0.code());
                j.key("cause").string(new.what.1.name());
                j.key("count").plain(new.count);
                j.key("expected").float(new.expected, 1);
            });
        });
    });
}

fn time(j: &mut Json, at: Option<Timestamp>) {
    j.option(at, |j, at| j.string(&format!("{at:.3}")));
}

fn ratio(j: &mut Json, ratio: Option<f64>) {
    j.option(ratio, |j, ratio| j.float(ratio, RATIO_DIGITS));
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
