//! One poll: which commands are sent, and what their replies become. Odd replies leave parts out; they never fail a poll.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::client::{Args, Client, Error, args};
use super::pace::Pace;
use crate::state::sample::{
    Autosave, Clients, Command, Info, NAMESPACES_FEW, NAMESPACES_MAX, Namespace, SLOWLOG_MAX, Sample, Server, Setting,
    Shards, Slowlog, Wants,
};
use crate::value::Value;

/// Namespaces that can be seen; a terminal does not have more lines.
const VISIBLE_MAX: usize = 512;
/// Namespaces that are asked about in one exchange: a server may stop to read while its replies are not taken.
const EXCHANGE_MAX: usize = 1_024;
/// Where there are more namespaces than a slice, they are listed in every so many polls.
const LIST_EVERY: u64 = 8;
/// The sections of INFO beside keyspace, commandstats and latencystats.
const SECTIONS: [&str; 9] =
    ["server", "clients", "memory", "persistence", "stats", "replication", "cpu", "errorstats", "cluster"];

/// Asks a server, and remembers what only several polls tell.
#[derive(Debug, Default)]
pub struct Poller {
    address: String,
    server: Server,
    namespaces: Vec<Namespace>,
    /// Where the next slice begins.
    next: usize,
    polls: u64,
    /// INFO keyspace as it was told last: one line for each database.
    keyspace: Info,
    keyspace_pace: Pace,
    clients_pace: Pace,
    last_wants: Wants,
    last_poll_ms: u64,
}

/// What a command was sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Info,
    CommandStats,
    LatencyStats,
    ClientId,
    Clients,
    Slowlog,
    SlowlogLen,
    SlowlogSettings,
    Config,
    Names,
    Shards,
    Resize,
    Autosaves,
}

impl Part {
    /// The view that cannot do without it.
    fn view(self) -> Option<&'static str> {
        match self {
            Self::Clients => Some("clients"),
            Self::Slowlog | Self::SlowlogLen => Some("slowlog"),
            Self::Config => Some("config"),
            Self::Names => Some("namespaces"),
            Self::Shards => Some("shards"),
            _ => None,
        }
    }
}

impl Poller {
    /// One for the server at this address, as it is shown.
    pub fn new(address: String) -> Self {
        Self { address, ..Self::default() }
    }

    /// Learns who answers.
    pub async fn identify(&mut self, client: &mut Client) -> Result<Server, Error> {
        let reply = client.call(args(["INFO"])).await?.ok().map_err(Error::Refused)?;
        self.server = self.server_of(&Info::parse(&reply.to_text().unwrap_or_default()));
        Ok(self.server.clone())
    }

    fn server_of(&self, info: &Info) -> Server {
        Server::of(self.address.clone(), info)
    }

    /// Asks for the parts that are wanted. Two exchanges at most: names of namespaces come before their facts.
    pub async fn poll(&mut self, client: &mut Client, wants: &Wants, now_ms: u64) -> Result<Sample, Error> {
        let has_keyspace = !self.has_sections() || self.keyspace_pace.is_due(now_ms);
        let (parts, requests): (Vec<Part>, Vec<Args>) = self.requests(wants, now_ms).into_iter().unzip();
        let replies = client.pipeline(&requests).await?;
        let of = |part| parts.iter().position(|other| *other == part).map(|index| &replies[index]);
        let info = of(Part::Info).cloned().unwrap_or(Value::Null).ok().map_err(Error::Refused)?;
        let mut info = Info::parse(&info.to_text().unwrap_or_default());
        if has_keyspace {
            self.keyspace = info.keyspace();
            self.keyspace_pace.note(now_ms, self.keyspace.bytes());
        } else {
            info.extend(&self.keyspace);
        }
        self.server = self.server_of(&info);
        let mut sample = Sample { at_ms: now_ms, server: self.server.clone(), ..Sample::default() };

        for (part, reply) in parts.iter().zip(&replies) {
            if let (Some(view), Value::Error(reason)) = (part.view(), reply)
                && sample.refusal(view).is_none()
            {
                sample.refusals.push((view.to_owned(), reason.clone()));
            }
        }
        if let (Some(counts), Some(latencies)) = (text(of(Part::CommandStats)), text(of(Part::LatencyStats))) {
            info.extend(&Info::parse(&(counts + "\r\n" + &latencies)));
        }
        if wants.commands {
            sample.commands = Some(Arc::new(Command::from_info(&info)));
        }
        if let Some(list) = text(of(Part::Clients)) {
            self.clients_pace.note(now_ms, list.len());
            let mut clients = Clients::parse(&list);
            clients.own_id = of(Part::ClientId).and_then(Value::as_u64);
            sample.clients = Some(Arc::new(clients));
        }
        if let (Some(entries @ Value::Array(_)), Some(len), Some(settings)) =
            (of(Part::Slowlog), of(Part::SlowlogLen), of(Part::SlowlogSettings))
        {
            sample.slowlog = Some(Arc::new(Slowlog::from_replies(entries, len, settings)));
        }
        if let Some(settings @ (Value::Map(_) | Value::Array(_))) = of(Part::Config) {
            sample.config = Some(Arc::new(Setting::from_reply(settings)));
        }
        if let (Some(shards @ Value::Array(_)), Some(namespace)) = (of(Part::Shards), &wants.shards_of) {
            sample.shards = Some(Arc::new(Shards::from_replies(namespace.clone(), shards, of(Part::Resize))));
        }
        if let Some(autosaves @ Value::Array(_)) = of(Part::Autosaves) {
            sample.autosaves = Some(Arc::new(Autosave::from_reply(autosaves)));
        }
        if wants.namespaces {
            if self.server.is_rkvs() {
                if let Some(names) = of(Part::Names) {
                    self.take_names(names);
                }
                if sample.refusal("namespaces").is_none() {
                    self.poll_namespaces(client, wants, &info, now_ms).await?;
                    sample.namespaces = Some(Arc::new(self.namespaces.clone()));
                }
            } else {
                sample.namespaces = Some(Arc::new(Namespace::from_keyspace(&info, now_ms)));
            }
        }
        // Servers that answer INFO with everything send these too; they have their place.
        info.remove_prefix("cmdstat_");
        info.remove_prefix("latency_percentiles_usec_");
        sample.info = Arc::new(info);
        sample.slow_parts = self.slow_parts(wants, now_ms);
        self.polls += 1;
        self.last_poll_ms = now_ms;
        self.last_wants.clone_from(wants);
        Ok(sample)
    }

    fn requests(&self, wants: &Wants, now_ms: u64) -> Vec<(Part, Args)> {
        let mut requests = vec![(Part::Info, self.info_request(wants, now_ms))];
        if wants.commands && !self.has_sections() {
            requests.push((Part::CommandStats, args(["INFO", "commandstats"])));
            requests.push((Part::LatencyStats, args(["INFO", "latencystats"])));
        }
        let is_first = !self.last_wants.clients;
        if wants.clients && (wants.all_at_once || is_first || self.clients_pace.is_due(now_ms)) {
            requests.push((Part::Clients, args(["CLIENT", "LIST"])));
            requests.push((Part::ClientId, args(["CLIENT", "ID"])));
        }
        if wants.slowlog {
            requests.push((Part::Slowlog, args(["SLOWLOG", "GET", &SLOWLOG_MAX.to_string()])));
            requests.push((Part::SlowlogLen, args(["SLOWLOG", "LEN"])));
            requests.push((Part::SlowlogSettings, args(["CONFIG", "GET", "slowlog-*"])));
        }
        if wants.config {
            requests.push((Part::Config, args(["CONFIG", "GET", "*"])));
        }
        if self.server.is_rkvs() {
            let are_few = wants.all_at_once || self.namespaces.len() <= NAMESPACES_FEW;
            if wants.namespaces && (are_few || self.polls.is_multiple_of(LIST_EVERY)) {
                requests.push((Part::Names, args(["NAMESPACE", "LIST"])));
            }
            if let Some(namespace) = &wants.shards_of {
                requests.push((Part::Shards, args(["NAMESPACE", "SHARDS", namespace])));
                requests.push((Part::Resize, args(["NAMESPACE", "RESIZE", namespace, "STATUS"])));
            }
            if wants.autosaves {
                requests.push((Part::Autosaves, args(["NAMESPACE", "AUTOSAVE", "LIST"])));
            }
        }
        requests
    }

    /// INFO once, whatever it is asked for: summing up its numbers over thousands of namespaces costs a server more than telling
    /// them.
    fn info_request(&self, wants: &Wants, now_ms: u64) -> Args {
        let mut request = args(["INFO"]);
        if self.has_sections() {
            request.extend(args(SECTIONS));
            if self.keyspace_pace.is_due(now_ms) {
                request.extend(args(["keyspace"]));
            }
            if wants.commands {
                request.extend(args(["commandstats", "latencystats"]));
            }
        }
        request
    }

    /// Whether several sections can be asked for at once: since Redis 7.
    fn has_sections(&self) -> bool {
        let version = self.server.redis_version.as_deref().and_then(|version| version.split('.').next());
        version.and_then(|major| major.parse::<u64>().ok()).is_some_and(|major| major >= 7)
    }

    /// What is asked for less often than the rest.
    fn slow_parts(&self, wants: &Wants, now_ms: u64) -> Vec<(String, u64)> {
        let rounds = self.namespaces.len().div_ceil(NAMESPACES_FEW) as u64;
        let round_s = now_ms.saturating_sub(self.last_poll_ms).saturating_mul(rounds).div_ceil(1_000);
        let is_slow = |is_wanted: bool, slow_s: Option<u64>| slow_s.filter(|_| is_wanted);
        let parts = [
            ("clients", is_slow(wants.clients, self.clients_pace.slow_s())),
            ("namespaces", is_slow(wants.namespaces && rounds > 1 && self.last_poll_ms > 0, Some(round_s))),
            ("keyspace", is_slow(self.has_sections(), self.keyspace_pace.slow_s())),
        ];
        parts.into_iter().filter_map(|(name, slow_s)| Some((name.to_owned(), slow_s?))).collect()
    }

    /// Keeps what is known of the namespaces there are.
    fn take_names(&mut self, names: &Value) {
        let Value::Array(names) = names else { return };
        let names: Vec<String> = names.iter().filter_map(Value::to_text).take(NAMESPACES_MAX).collect();
        if names.iter().eq(self.namespaces.iter().map(|namespace| &namespace.name)) {
            return;
        }
        let known = std::mem::take(&mut self.namespaces).into_iter().map(|known| (known.name.clone(), known));
        let mut known: HashMap<_, _> = known.collect();
        let of = |name: String| known.remove(&name).unwrap_or_else(|| Namespace::named(name));
        self.namespaces = names.into_iter().map(of).collect();
    }

    /// Asks about the next slice, and those that can be seen.
    async fn poll_namespaces(
        &mut self,
        client: &mut Client,
        wants: &Wants,
        info: &Info,
        now_ms: u64,
    ) -> Result<(), Error> {
        let turn =
            if wants.all_at_once { (0..self.namespaces.len()).collect() } else { self.turn(&wants.visible_namespaces) };
        let request = |&index: &usize| args(["NAMESPACE", "INFO", &self.namespaces[index].name]);
        let requests: Vec<Args> = turn.iter().map(request).collect();
        let mut replies = Vec::with_capacity(requests.len());
        for requests in requests.chunks(EXCHANGE_MAX) {
            replies.extend(client.pipeline(requests).await?);
        }
        for (index, reply) in turn.into_iter().zip(&replies) {
            // One that was deleted since answers with an error.
            if !matches!(reply, Value::Error(_)) {
                let namespace = &mut self.namespaces[index];
                let name = std::mem::take(&mut namespace.name);
                *namespace = Namespace::from_reply(name, now_ms, reply);
            }
        }
        // INFO tells the averages of all databases at once.
        let averages: HashMap<_, _> = Namespace::from_keyspace(info, now_ms)
            .into_iter()
            .filter_map(|database| Some((database.db?, database.avg_ttl_ms?)))
            .collect();
        for namespace in &mut self.namespaces {
            namespace.avg_ttl_ms = namespace.db.and_then(|db| averages.get(&db).copied());
        }
        Ok(())
    }

    /// The places of those that are asked about this time.
    fn turn(&mut self, visible: &[String]) -> Vec<usize> {
        let count = self.namespaces.len();
        if count <= NAMESPACES_FEW {
            return (0..count).collect();
        }
        let mut turn: Vec<usize> = (self.next..self.next + NAMESPACES_FEW).map(|place| place % count).collect();
        self.next = (self.next + NAMESPACES_FEW) % count;
        let visible: HashSet<&str> = visible.iter().take(VISIBLE_MAX).map(String::as_str).collect();
        let taken: HashSet<usize> = turn.iter().copied().collect();
        let seen = self
            .namespaces
            .iter()
            .enumerate()
            .filter(|(index, namespace)| visible.contains(namespace.name.as_str()) && !taken.contains(index));
        turn.extend(seen.map(|(index, _)| index));
        turn
    }
}

fn text(reply: Option<&Value>) -> Option<String> {
    reply?.to_text()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::super::fake::serve;
    use super::*;

    /// What a real server answered, command by command.
    async fn sample_of(fixture: &'static str) -> Sample {
        let replies: BTreeMap<String, String> = serde_json::from_str(fixture).unwrap();
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        tokio::spawn(serve(theirs, 1_000, move |request| {
            let unknown = || "-ERR unknown command\r\n".to_owned();
            if request[0] == "INFO" && request.len() > 2 {
                return Some(sections(&replies, request));
            }
            Some(replies.get(&request.join(" ")).cloned().unwrap_or_else(unknown).into_bytes())
        }));
        let address = "h:1".parse().unwrap();
        let mut client = Client::over(Box::new(ours), &address, Duration::from_secs(5)).await.unwrap();
        let mut poller = Poller::new("h:1".into());
        poller.identify(&mut client).await.unwrap();
        poller.poll(&mut client, &Wants::everything(Some("sessions".into())), 7_000).await.unwrap()
    }

    /// What was answered to requests for one section each, as the answer to a request for all of them.
    fn sections(replies: &BTreeMap<String, String>, request: &[String]) -> Vec<u8> {
        let mut asked = vec!["INFO".to_owned()];
        asked.extend(
            request
                .iter()
                .filter(|name| name.ends_with("stats") && *name != "errorstats")
                .map(|name| format!("INFO {name}")),
        );
        let body = |name| replies.get(name).and_then(|reply| reply.split_once("\r\n")).map_or("", |(_, body)| body);
        let bodies: Vec<&str> = asked.iter().map(body).map(|body| body.trim_start_matches("txt:")).collect();
        let text = bodies.join("\r\n");
        format!("${}\r\n{text}\r\n", text.len()).into_bytes()
    }

    #[tokio::test]
    async fn rkvs_tells_the_same_in_both_protocols() {
        for fixture in [include_str!("fixtures/rkvs_resp3.json"), include_str!("fixtures/rkvs_resp2.json")] {
            let sample = sample_of(fixture).await;
            assert_eq!(sample.server.title(), "rkvs 0.4.0");
            assert!(sample.info.count("used_memory").is_some_and(|bytes| bytes > 0));
            let namespaces = sample.namespaces.clone().unwrap();
            assert_eq!(namespaces.len(), 17);
            let sessions = sample.namespace("sessions").unwrap();
            assert_eq!(
                (sessions.db, sessions.shards, sessions.keys, sessions.expires),
                (Some(20), Some(16), Some(40), Some(40))
            );
            assert_eq!((sessions.max_keys, sessions.autosave_s, &sessions.resize), (Some(100_000), Some(60), &None));
            assert!(sessions.avg_ttl_ms.is_some_and(|ttl_ms| ttl_ms > 900_000));
            let shards = sample.shards.unwrap();
            assert_eq!(shards.shards.iter().map(|shard| shard.keys).sum::<u64>(), 40);
            let resize = shards.resize.clone().unwrap();
            assert_eq!(
                (resize.state.as_str(), resize.last_result.as_deref(), resize.last_to),
                ("none", Some("done"), 16)
            );
            let autosaves = sample.autosaves.unwrap();
            assert_eq!((autosaves[0].name.as_str(), autosaves[0].seconds, autosaves[0].keep), ("sessions", 60, 5));
            let slowlog = sample.slowlog.unwrap();
            assert_eq!((slowlog.threshold_usec, slowlog.len_max), (Some(10_000), Some(128)));
            assert!(slowlog.entries.iter().any(|entry| entry.args == ["get", "slow"]));
            let commands = sample.commands.unwrap();
            let get = commands.iter().find(|command| command.name == "get").unwrap();
            assert!(get.calls >= 3 && get.percentile("p99").is_some());
            let clients = sample.clients.unwrap();
            assert_eq!(clients.clients[0].text("cmd"), "client|list");
            assert_eq!(clients.own_id, Some(clients.clients[0].id()));
            let config = sample.config.unwrap();
            assert!(config.iter().any(|setting| setting.name == "port" && setting.value == "7392"));
        }
    }

    #[tokio::test]
    async fn redis_tells_what_it_has() {
        for fixture in [include_str!("fixtures/redis_resp3.json"), include_str!("fixtures/redis_resp2.json")] {
            let sample = sample_of(fixture).await;
            assert_eq!(sample.server.title(), "redis 7.0.15");
            let namespaces = sample.namespaces.unwrap();
            assert_eq!((namespaces.len(), namespaces[0].db, namespaces[0].keys), (1, Some(0), Some(1)));
            assert_eq!((namespaces[0].used_bytes, sample.shards, sample.autosaves), (None, None, None));
            assert!(sample.slowlog.unwrap().entries.iter().any(|entry| entry.args == ["get", "slow"]));
            assert!(sample.commands.unwrap().iter().any(|command| command.name == "get"));
            assert_eq!(sample.clients.unwrap().total, 1);
            assert!(sample.config.unwrap().iter().any(|setting| setting.name == "maxmemory-policy"));
        }
    }

    #[test]
    fn many_namespaces_take_turns_and_the_visible_ones_do_not_wait() {
        let mut poller = Poller::default();
        let names = (0..1_000).map(|n| Value::Bytes(format!("n{n}").into_bytes())).collect();
        poller.take_names(&Value::Array(names));
        let visible = ["n5".to_owned(), "n999".to_owned(), "gone".to_owned()];
        let turns: Vec<Vec<usize>> = (0..4).map(|_| poller.turn(&visible)).collect();
        let mut all: Vec<usize> = turns.iter().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all, (0..1_000).collect::<Vec<_>>());
        for turn in &turns {
            assert!(turn.contains(&5) && turn.contains(&999));
            assert_eq!(turn.len(), turn.iter().collect::<HashSet<_>>().len());
        }
    }

    #[test]
    fn what_is_known_of_a_namespace_survives_a_new_list() {
        let mut poller = Poller::default();
        let names =
            |names: &[&str]| Value::Array(names.iter().map(|name| Value::Bytes(name.as_bytes().into())).collect());
        poller.take_names(&names(&["a", "b"]));
        poller.namespaces[1].keys = Some(7);
        poller.take_names(&names(&["b", "c"]));
        let known: Vec<_> = poller.namespaces.iter().map(|known| (known.name.as_str(), known.keys)).collect();
        assert_eq!(known, [("b", Some(7)), ("c", None)]);
        poller.take_names(&Value::Null);
        assert_eq!(poller.namespaces.len(), 2);
    }

    #[test]
    fn only_what_is_wanted_is_asked_for() {
        let mut poller = Poller::default();
        let everything = Wants::everything(Some("a".into()));
        fn parts(poller: &Poller, wants: &Wants) -> Vec<Part> {
            poller.requests(wants, 0).into_iter().map(|(part, _)| part).collect()
        }
        assert_eq!(parts(&poller, &Wants::default()), [Part::Info]);
        assert!(!parts(&poller, &everything).contains(&Part::Names), "a plain server has no namespaces");
        poller.server.rkvs_version = Some("0.4.0".into());
        assert!(parts(&poller, &everything).contains(&Part::Shards));
    }

    #[test]
    fn what_is_large_is_asked_for_less_often() {
        let mut poller = Poller::default();
        poller.server.redis_version = Some("7.2.4".into());
        poller.last_wants = Wants { clients: true, ..Wants::default() };
        let wants = Wants { clients: true, commands: true, ..Wants::default() };
        let asked = |poller: &Poller, now_ms| -> Vec<String> {
            let requests = poller.requests(&wants, now_ms).into_iter();
            requests.map(|(_, words)| String::from_utf8(words.concat()).unwrap()).collect()
        };
        let usual = asked(&poller, 1_000);
        assert_eq!(usual[1..], ["CLIENTLIST", "CLIENTID"]);
        assert!(usual[0].ends_with("clusterkeyspacecommandstatslatencystats"), "{usual:?}");
        poller.clients_pace.note(1_000, 3_000_000);
        poller.keyspace_pace.note(1_000, 600_000);
        assert_eq!(poller.slow_parts(&wants, 1_000), [("clients".to_owned(), 12), ("keyspace".to_owned(), 3)]);
        let later = asked(&poller, 2_000);
        assert!(later.len() == 1 && !later[0].contains("keyspace"), "{later:?}");
        assert!(asked(&poller, 4_000)[0].contains("keyspace"));
        assert_eq!(asked(&poller, 13_000).len(), 3);
        poller.server.redis_version = Some("6.2.1".into());
        assert_eq!(asked(&poller, 2_000), ["INFO", "INFOcommandstats", "INFOlatencystats"]);
    }
}
