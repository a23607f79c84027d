//! Providers on loopback: they say what they are told to and keep what they were asked.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::Value;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `POST /path HTTP/1.1` and headers, in lower case but for the first line.
    pub head: String,
    pub body: String,
    /// What it was answered with; 0 for nothing.
    pub status: u16,
}

impl Asked {
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }
}

/// Status, headers and body; `None` to say nothing, ever.
pub type Says = Option<(u16, &'static str, String)>;
type Script = dyn Fn(usize, &Asked) -> Says + Send + Sync;

/// A provider that is spoken to over HTTP.
pub struct Sink {
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Sink {
    pub fn start(script: impl Fn(usize, &Asked) -> Says + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Self { address: format!("http://{}", listener.local_addr().unwrap()), asked: Arc::default() };
        let (script, asked): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&sink.asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, asked) = (Arc::clone(&script), Arc::clone(&asked));
                thread::spawn(move || while converse(&stream, &*script, &asked).is_some() {});
            }
        });
        sink
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// What was taken: answered with a status of success.
    pub fn took(&self) -> Vec<Asked> {
        self.asked().into_iter().filter(|one| (200..300).contains(&one.status)).collect()
    }
}

fn converse(mut stream: &TcpStream, script: &Script, asked: &Mutex<Vec<Asked>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(("content-length", value)) = line.trim().to_ascii_lowercase().split_once(": ") {
            length = value.parse().unwrap();
        }
        head += &line.replace("\r\n", "\n");
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let one = Asked { head, body: String::from_utf8(body).unwrap(), status: 0 };
    let says = {
        let mut asked = asked.lock().unwrap();
        let says = script(asked.len(), &one);
        asked.push(Asked { status: says.as_ref().map_or(0, |(status, ..)| *status), ..one });
        says
    };
    let Some((status, headers, body)) = says else {
        loop {
            thread::park();
        }
    };
    let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    stream.write_all(format!("HTTP/1.1 {status} Said\r\n{headers}{length}\r\n{body}").as_bytes()).ok()
}

/// A mail as a small SMTP server took it.
#[derive(Debug, Clone)]
pub struct Mail {
    pub from: String,
    pub to: String,
    pub data: String,
}

/// A small SMTP server: refuses `gone@` for good and greylists the first mail of everybody else.
pub struct MailSink {
    pub address: String,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl MailSink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Self { address: listener.local_addr().unwrap().to_string(), mails: Arc::default() };
        let mails = Arc::clone(&sink.mails);
        let greylisted: Arc<Mutex<Vec<String>>> = Arc::default();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (mails, greylisted) = (Arc::clone(&mails), Arc::clone(&greylisted));
                thread::spawn(move || receive(&stream, &mails, &greylisted));
            }
        });
        sink
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }
}

fn receive(mut stream: &TcpStream, mails: &Mutex<Vec<Mail>>, greylisted: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut mail = Mail { from: String::new(), to: String::new(), data: String::new() };
    stream.write_all(b"220 sink ESMTP\r\n").ok()?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let word = line.trim().split([' ', ':']).next().unwrap().to_ascii_uppercase();
        let path = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let answer = match word.as_str() {
            "EHLO" => "250-sink\r\n250 8BITMIME",
            "MAIL" => {
                mail.from = path;
                "250 2.1.0 fine"
            }
            "RCPT" if path.starts_with("gone@") => "550 5.1.1 no such mailbox",
            "RCPT" => {
                let mut known = greylisted.lock().unwrap();
                let again = known.contains(&path);
                known.push(path.clone());
                mail.to = path;
                if again { "250 2.1.5 fine" } else { "451 4.7.1 greylisted, come again" }
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").ok()?;
                mail.data.clear();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).ok()?;
                    if line == ".\r\n" {
                        break;
                    }
                    mail.data += line.strip_prefix('.').unwrap_or(&line);
                }
                mails.lock().unwrap().push(mail.clone());
                "250 2.0.0 taken as 1"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").ok()?;
                return None;
            }
            _ => "250 fine",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).ok()?;
    }
}
