//! `dns` looks at a server made by hand.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use hickory_resolver::proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{
        RData, Record,
        rdata::{A, MX, TXT},
    },
};
use quarterdeck::domain::{probe::Phase, verdict::Verdict};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
};

use super::{assert_fail, assert_pass, fact, look};

/// Answers over UDP and TCP with what `answer` makes of the question.
async fn serve(answer: impl Fn(&Message, bool) -> Vec<Vec<u8>> + Send + Clone + 'static) -> String {
    let (udp, tcp) = loop {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
            break (udp, tcp);
        }
    };
    let address = udp.local_addr().unwrap().to_string();
    let over_tcp = answer.clone();
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        while let Ok((read, from)) = udp.recv_from(&mut buffer).await {
            let Ok(question) = Message::from_vec(&buffer[..read]) else { continue };
            for datagram in answer(&question, false) {
                udp.send_to(&datagram, from).await.unwrap();
            }
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            let mut question = vec![0; usize::from(stream.read_u16().await.unwrap())];
            stream.read_exact(&mut question).await.unwrap();
            for answer in over_tcp(&Message::from_vec(&question).unwrap(), true) {
                stream.write_u16(u16::try_from(answer.len()).unwrap()).await.unwrap();
                stream.write_all(&answer).await.unwrap();
            }
        }
    });
    address
}

fn reply(question: &Message, code: ResponseCode, data: Vec<RData>) -> Message {
    let mut message = Message::new(question.metadata.id, MessageType::Response, question.metadata.op_code);
    message.metadata.response_code = code;
    message.metadata.authoritative = true;
    message.add_query(question.queries[0].clone());
    let name = question.queries[0].name().clone();
    for (index, data) in data.into_iter().enumerate() {
        message.add_answer(Record::from_rdata(name.clone(), 300 - index as u32, data));
    }
    message
}

fn addresses() -> Vec<RData> {
    vec![RData::A(A::new(192, 0, 2, 1)), RData::A(A::new(192, 0, 2, 2))]
}

fn bytes(message: &Message) -> Vec<Vec<u8>> {
    vec![message.to_vec().unwrap()]
}

#[tokio::test]
async fn answers_are_facts() {
    let server = serve(|question, _| bytes(&reply(question, ResponseCode::NoError, addresses()))).await;
    let judged = look(&format!("dns = \"shop.example\"\nresolver = \"{server}\"")).await;
    assert_pass(&judged);
    assert_eq!(fact(&judged, "answers"), serde_json::json!(["192.0.2.1", "192.0.2.2"]));
    assert_eq!((fact(&judged, "count"), fact(&judged, "ttl_s")), (2.into(), 299.into()));
    assert_eq!((fact(&judged, "rcode"), fact(&judged, "authoritative")), ("NOERROR".into(), true.into()));
    let expects = |expect: &str| format!("dns = \"shop.example\"\nresolver = \"{server}\"\nexpect = [\"{expect}\"]");
    assert_pass(&look(&expects("'192.0.2.2' in answers")).await);
    assert_fail(&look(&expects("'192.0.2.9' in answers")).await, "192.0.2.9");
}

#[tokio::test]
async fn other_records_are_told_as_they_are_written() {
    let server = serve(|question, _| {
        let name = "mail.example.".parse().unwrap();
        let data = vec![RData::MX(MX::new(10, name)), RData::TXT(TXT::new(vec!["v=spf1 \u{1b}[2J -all".to_owned()]))];
        bytes(&reply(question, ResponseCode::NoError, data))
    })
    .await;
    let with = |kind: &str| format!("dns = \"example\"\nresolver = \"{server}\"\nrecord_type = \"{kind}\"");
    assert_eq!(fact(&look(&with("MX")).await, "answers"), serde_json::json!(["10 mail.example."]));
    let text = fact(&look(&with("TXT")).await, "answers").to_string();
    assert!(text.contains("v=spf1") && !text.contains('\u{1b}') && !text.contains("\\u001b"), "{text}");
    assert_fail(&look(&with("AAAA")).await, "has no AAAA record");
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_an_answer_and_fails_unless_it_is_expected() {
    let server = serve(|question, _| bytes(&reply(question, ResponseCode::NXDomain, vec![]))).await;
    let lines = format!("dns = \"gone.example\"\nresolver = \"{server}\"");
    let judged = look(&lines).await;
    assert_fail(&judged, "gone.example. does not exist (NXDOMAIN from");
    assert_eq!(judged.outcome.error, None);
    assert_pass(&look(&format!("{lines}\nexpect = [\"rcode == 'NXDOMAIN'\"]")).await);
    let refusing = serve(|question, _| bytes(&reply(question, ResponseCode::Refused, vec![]))).await;
    assert_fail(&look(&format!("dns = \"a.example\"\nresolver = \"{refusing}\"")).await, "answered REFUSED about");
}

#[tokio::test]
async fn what_does_not_fit_a_datagram_comes_over_tcp() {
    let server = serve(|question, tcp| {
        if tcp {
            let many = (0..200).map(|number| RData::A(A::new(10, 0, 0, number))).collect();
            return bytes(&reply(question, ResponseCode::NoError, many));
        }
        let mut cut = reply(question, ResponseCode::NoError, vec![]);
        cut.metadata.truncation = true;
        bytes(&cut)
    })
    .await;
    let judged = look(&format!("dns = \"many.example\"\nresolver = \"{server}\"")).await;
    assert_pass(&judged);
    assert_eq!(fact(&judged, "count"), 200);
    assert_eq!(fact(&judged, "answers").as_array().unwrap().len(), 100, "not all of them are told");
}

#[tokio::test]
async fn answers_to_other_questions_are_passed_over() {
    let server = serve(|question, _| {
        let mut forged = reply(question, ResponseCode::NXDomain, vec![]);
        forged.metadata.id = question.metadata.id.wrapping_add(1);
        let mut other = reply(question, ResponseCode::NXDomain, vec![]);
        other.queries[0].set_name("other.example.".parse().unwrap());
        let real = reply(question, ResponseCode::NoError, addresses());
        vec![b"nonsense".to_vec(), forged.to_vec().unwrap(), other.to_vec().unwrap(), real.to_vec().unwrap()]
    })
    .await;
    assert_pass(&look(&format!("dns = \"shop.example\"\nresolver = \"{server}\"")).await);
}

#[tokio::test]
async fn f78_a_server_that_never_answers_ends_on_time_and_names_its_phase() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server = silent.local_addr().unwrap();
    let lines = format!("dns = \"shop.example\"\nresolver = \"{server}\"\nlimits.resolve = \"200ms\"");
    let judged = look(&lines).await;
    let error = judged.outcome.error.as_ref().unwrap();
    assert_eq!((judged.says.verdict, error.phase, error.kind.as_str()), (Verdict::Fail, Phase::Resolve, "timeout"));
    assert_eq!(error.message, format!("no answer from {server} after 200 ms"));
}

#[tokio::test]
async fn a_lost_datagram_is_sent_again() {
    let asked = Arc::new(AtomicUsize::new(0));
    let server = serve(move |question, _| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => vec![],
        _ => bytes(&reply(question, ResponseCode::NoError, addresses())),
    })
    .await;
    assert_pass(&look(&format!("dns = \"shop.example\"\nresolver = \"{server}\"\nlimits.resolve = \"4s\"")).await);
}
