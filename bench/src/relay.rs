//! Simulates distance: forwards bytes after half a round trip, in both directions.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// No contestant sends or receives more at a time.
const PIECE: usize = 64 * 1024;

/// Listens on the port that it returns and passes everything on to `target`; it ends with the
/// program.
pub(crate) fn start(target: u16, round_trip: Duration) -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            // A connection that fails shows as a call that fails.
            drop(connect(near, target, round_trip));
        }
    });
    Ok(port)
}

fn connect(near: TcpStream, target: u16, round_trip: Duration) -> io::Result<()> {
    // The near end is connected at once, so the round trip of TCP's handshake delays its first bytes.
    let opened = Instant::now()
        .checked_add(round_trip)
        .ok_or(io::ErrorKind::InvalidInput)?;
    let far = TcpStream::connect((Ipv4Addr::LOCALHOST, target))?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let delay = round_trip.checked_div(2).unwrap_or_default();
    pass(near.try_clone()?, far.try_clone()?, opened, delay);
    pass(far, near, opened, delay);
    Ok(())
}

fn pass(mut from: TcpStream, mut to: TcpStream, opened: Instant, delay: Duration) {
    let (sender, receiver) = channel::<(Instant, Vec<u8>)>();
    std::thread::spawn(move || {
        let mut piece = vec![0; PIECE];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            let Some(due) = Instant::now().max(opened).checked_add(delay) else {
                break;
            };
            let bytes = piece.get(..length).unwrap_or_default().to_vec();
            if sender.send((due, bytes)).is_err() {
                break;
            }
        }
    });
    std::thread::spawn(move || {
        for (due, bytes) in receiver {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        // The other end may have closed it already.
        drop(to.shutdown(Shutdown::Both));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_after_two_round_trips_on_a_new_connection() {
        let far = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = start(far.local_addr().unwrap().port(), Duration::from_millis(20)).unwrap();
        let begun = Instant::now();
        let mut near = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        near.write_all(b"ping").unwrap();
        let (mut stream, _) = far.accept().unwrap();
        let mut bytes = [0; 4];
        stream.read_exact(&mut bytes).unwrap();
        stream.write_all(&bytes).unwrap();
        near.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"ping");
        assert!(begun.elapsed() >= Duration::from_millis(40));
    }
}
