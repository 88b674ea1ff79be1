//! A line to a server that takes time, as lines do, and notes when something is written
//! into it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// What a request to open a position has in its first line.
const OPEN: &[u8] = b"/position/open ";
/// The longest that is written at once here.
const CHUNK: usize = 1 << 16;

/// When entries were written: the last byte of each, as it came out of the client.
#[derive(Clone, Default)]
pub struct Written(Arc<Mutex<Vec<Instant>>>);

impl Written {
    /// Forgets what was written so far.
    pub fn clear(&self) {
        self.0.lock().expect("nobody panics").clear();
    }

    /// Entries so far, and when the last of them was written.
    pub fn last(&self) -> (usize, Option<Instant>) {
        let all = self.0.lock().expect("nobody panics");
        (all.len(), all.iter().max().copied())
    }
}

/// Opens a line to a server; where it begins. Every byte arrives so much later.
pub fn lay(server: SocketAddr, delay: Duration, written: Written) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let begins = listener.local_addr()?;
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let written = written.clone();
            // A client whose line breaks opens another.
            if let Ok(server) = TcpStream::connect(server) {
                let _ = carry(client, server, delay, written);
            }
        }
    });
    Ok(begins)
}

fn carry(
    client: TcpStream,
    server: TcpStream,
    delay: Duration,
    written: Written,
) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut answers, mut to_client) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || std::io::copy(&mut answers, &mut to_client));
    let (mut client, mut server) = (client, server);
    thread::spawn(move || {
        let mut bytes = vec![0; CHUNK];
        while let Ok(read) = client.read(&mut bytes) {
            let arrived = Instant::now();
            if read == 0 {
                break;
            }
            let first = &bytes[..read.min(200)];
            if first.windows(OPEN.len()).any(|part| part == OPEN) {
                written.0.lock().expect("nobody panics").push(arrived);
            }
            thread::sleep(delay.saturating_sub(arrived.elapsed()));
            if server.write_all(&bytes[..read]).is_err() {
                break;
            }
        }
        let _ = server.shutdown(std::net::Shutdown::Both);
    });
    Ok(())
}
