//! Looks as a request of Prometheus's remote write, version 1: protobuf, compressed as one block of snappy.
//!
//! The message has four kinds of parts and seven fields, which are written here by hand: `WriteRequest { timeseries = 1 }`,
//! `TimeSeries { labels = 1, samples = 2 }`, `Label { name = 1, value = 2 }`, `Sample { value = 1, timestamp = 2 }`.

use std::collections::BTreeMap;

use crate::domain::{id::LookKey, outlet::NamedLook, verdict::Verdict};

const LATENCY: &str = "quarterdeck_look_latency_ms";
const PASSED: &str = "quarterdeck_look_passed";
const SERIES: &str = "quarterdeck_series";

/// Name, look, and the recorded number's name.
type Series<'a> = (&'static str, &'a LookKey, &'a str);

/// The request, compressed. Points of one series stand together, in the order of their looks.
pub fn request(project: &str, looks: &[NamedLook]) -> Result<Vec<u8>, String> {
    let mut series: BTreeMap<Series<'_>, Vec<(i64, f64)>> = BTreeMap::new();
    for look in looks {
        let mut point = |name, recorded, value| {
            series.entry((name, look.key.as_ref(), recorded)).or_default().push((look.row.at.0, value));
        };
        if let Some(ms) = look.row.latency_ms {
            point(LATENCY, "", ms);
        }
        match look.row.verdict {
            Verdict::Pass => point(PASSED, "", 1.0),
            Verdict::Fail => point(PASSED, "", 0.0),
            Verdict::Unknown => {}
        }
        for (name, value) in look.names.iter().zip(&look.row.values) {
            if let Some(value) = value {
                point(SERIES, name, *value);
            }
        }
    }
    let mut whole = Vec::new();
    for ((name, key, recorded), points) in &series {
        put_part(&mut whole, 1, &one_series(project, (name, key, recorded), points));
    }
    snap::raw::Encoder::new().compress_vec(&whole).map_err(|error| format!("a request can't be compressed: {error}"))
}

fn one_series(project: &str, (name, key, recorded): Series<'_>, points: &[(i64, f64)]) -> Vec<u8> {
    // Sorted by name, as the protocol wants it; an empty value would be no label.
    let labels = [
        ("__name__", name),
        ("environment", &key.env),
        ("job", "quarterdeck"),
        ("probe", &key.probe),
        ("project", project),
        ("series", recorded),
        ("service", &key.service),
    ];
    let (mut out, mut part) = (Vec::new(), Vec::new());
    for (name, value) in labels.into_iter().filter(|(_, value)| !value.is_empty()) {
        part.clear();
        put_part(&mut part, 1, name.as_bytes());
        put_part(&mut part, 2, value.as_bytes());
        put_part(&mut out, 1, &part);
    }
    for (at, value) in points {
        part.clear();
        part.push(1 << 3 | 1);
        part.extend_from_slice(&value.to_le_bytes());
        part.push(2 << 3);
        put_number(&mut part, at.cast_unsigned());
        put_part(&mut out, 2, &part);
    }
    out
}

/// A field that has a length: text, bytes, a message.
fn put_part(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Seven bits a byte, the lowest first.
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{id::LookId, series::LookRow, time::UnixMs};

    fn look(at: i64, values: Vec<Option<f64>>) -> NamedLook {
        NamedLook {
            key: Arc::new(LookKey { env: "e".into(), service: "s".into(), probe: "p".into() }),
            names: vec!["a".to_owned(), "gap".to_owned()].into(),
            row: LookRow {
                look: LookId(1),
                at: UnixMs(at),
                verdict: Verdict::Fail,
                degraded: false,
                latency_ms: Some(0.5),
                values,
            },
        }
    }

    #[test]
    fn a_request_is_what_the_protocol_says_byte_by_byte() {
        let key = LookKey { env: "e".into(), service: "s".into(), probe: "p".into() };
        let bytes = one_series("", ("n", &key, ""), &[(300, 1.0)]);
        let label = |name: &str, value: &str| {
            let (n, v) = (name.len() as u8, value.len() as u8);
            let head = [&[0x0a, n + v + 4, 0x0a, n][..], name.as_bytes(), &[0x12, v]].concat();
            [head, value.as_bytes().to_vec()].concat()
        };
        let expected = [
            label("__name__", "n"),
            label("environment", "e"),
            label("job", "quarterdeck"),
            label("probe", "p"),
            label("service", "s"),
            vec![0x12, 12, 0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 0xac, 0x02],
        ];
        assert_eq!(bytes, expected.concat());
    }

    #[test]
    fn points_of_a_series_stand_together_in_order_and_gaps_are_left_out() {
        let looks = [look(1_000, vec![Some(7.0), None]), look(2_000, vec![Some(8.0), None])];
        let packed = request("Shop", &looks).unwrap();
        let plain = snap::raw::Decoder::new().decompress_vec(&packed).unwrap();
        let count = |needle: &[u8]| memchr::memmem::find_iter(&plain, needle).count();
        for name in [LATENCY, PASSED, SERIES] {
            assert_eq!(count(name.as_bytes()), 1, "{name} stands once");
        }
        assert_eq!((count(b"gap"), count(&7.0_f64.to_le_bytes()), count(&8.0_f64.to_le_bytes())), (0, 1, 1));
        let at = |value: f64| memchr::memmem::find(&plain, &value.to_le_bytes()).unwrap();
        assert!(at(7.0) < at(8.0));
    }
}
