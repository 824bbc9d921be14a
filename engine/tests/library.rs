//! What embedding programs are promised, by the library's public names.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::sync::Arc;

use rkvs_engine::error::Error;
use rkvs_engine::{
    BatchMode, ManagerAutosaveConfig, Namespace, NamespaceConfig, RkvsError, StorageConfig, StorageManager, StringValue,
};

async fn storage() -> Arc<StorageManager> {
    let storage = StorageManager::builder().build().await.unwrap();
    storage.initialize(None).await.unwrap();
    storage
}

fn namespace(max_keys: usize, max_value_size: usize) -> Namespace {
    let config = NamespaceConfig::default();
    config.set_max_keys(max_keys);
    config.set_max_value_size(max_value_size);
    config.set_shard_count(16);
    Namespace::new("test", &config).unwrap()
}

fn items(pairs: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    pairs.iter().map(|(key, value)| (key.to_string(), value.as_bytes().to_vec())).collect()
}

fn keys(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

#[tokio::test]
async fn namespaces_isolate_keys() {
    let storage = storage().await;
    for name in ["a", "b"] {
        storage.create_namespace(name, None).await.unwrap();
    }
    let (a, b) = (storage.namespace("a").await.unwrap(), storage.namespace("b").await.unwrap());
    a.set("k", b"1".to_vec()).await.unwrap();
    assert_eq!(b.get("k").await, None);
    assert_eq!((a.get_metadata().await.key_count(), b.get_metadata().await.key_count()), (1, 0));
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_and_nothing_is_touched() {
    let storage = storage().await;
    storage.create_namespace("a", None).await.unwrap();
    let a = storage.namespace("a").await.unwrap();
    a.set("k", b"1".to_vec()).await.unwrap();
    assert_eq!(storage.create_namespace("a", None).await, Err(RkvsError::NamespaceAlreadyExists("a".into())));
    assert_eq!(storage.namespace("a").await.unwrap().get("k").await.as_deref(), Some(&b"1".to_vec()));
}

#[tokio::test]
async fn the_number_of_namespaces_is_limited() {
    let config = StorageConfig { max_namespaces: Some(2), ..StorageConfig::default() };
    let storage = StorageManager::builder().with_config(config).build().await.unwrap();
    storage.initialize(None).await.unwrap();
    storage.create_namespace("a", None).await.unwrap();
    storage.create_namespace("b", None).await.unwrap();
    assert_eq!(storage.create_namespace("c", None).await, Err(RkvsError::MaxNamespacesReached(2)));
    storage.delete_namespace("a").await.unwrap();
    storage.create_namespace("c", None).await.unwrap();
    assert_eq!(storage.get_namespace_count().await, Ok(2));
}

#[tokio::test]
async fn a_deleted_namespace_is_gone_for_every_handle() {
    let storage = storage().await;
    storage.create_namespace("a", None).await.unwrap();
    let (used, unused) = (storage.namespace("a").await.unwrap(), storage.namespace("a").await.unwrap());
    used.set("k", b"1".to_vec()).await.unwrap();
    storage.delete_namespace("a").await.unwrap();
    assert_eq!(storage.delete_namespace("a").await, Err(RkvsError::NamespaceNotFound("a".into())));
    assert!(storage.list_namespaces().await.unwrap().is_empty());
    let gone = RkvsError::NamespaceDeleted("a".into());
    for handle in [used, unused] {
        assert_eq!(handle.set("k", b"2".to_vec()).await, Err(gone.clone()));
        assert_eq!(handle.consume("k").await, Err(gone.clone()));
        assert_eq!(handle.set_max_keys(5).await, Err(gone.clone()));
        assert_eq!(handle.resize_shards(5).await, Err(gone.clone()));
        assert_eq!(handle.get("k").await, None);
        assert!(!handle.exists("k").await && !handle.delete("k").await);
        let batch = handle.set_multiple(items(&[("k", "v"), ("l", "v")]), BatchMode::BestEffort).await;
        assert_eq!((batch.total_processed, batch.failed()), (0, 2));
        assert_eq!(batch.errors.unwrap()[1].error, Error::NamespaceDeleted);
        assert!(handle.list_keys().await.is_empty());
    }
    storage.create_namespace("a", None).await.unwrap();
    assert_eq!(storage.namespace("a").await.unwrap().get("k").await, None, "a new namespace of that name is new");
}

#[tokio::test]
async fn namespaces_are_listed_in_a_stable_order_with_their_totals() {
    let storage = storage().await;
    let names = ["c", "a", "e", "b", "d"];
    for (number, name) in names.into_iter().enumerate() {
        storage.create_namespace(name, None).await.unwrap();
        let namespace = storage.namespace(name).await.unwrap();
        for key in 0..=number {
            namespace.set(&format!("k{key}"), b"v".to_vec()).await.unwrap();
        }
    }
    assert_eq!(storage.list_namespaces().await.unwrap(), names);
    assert_eq!(storage.get_total_key_count().await, Ok(15));
    let counts: Vec<_> = storage.get_all_namespace_stats().await.unwrap().iter().map(|stats| stats.key_count).collect();
    assert_eq!(counts, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn statistics_equal_a_sum_over_all_keys() {
    let namespace = namespace(0, 0);
    let twice = items(&[("k", "1"), ("k", "22222"), ("l", "3"), ("m", "4")]);
    for mode in [BatchMode::AllOrNothing, BatchMode::BestEffort] {
        namespace.set_multiple(twice.clone(), mode).await.into_result().unwrap();
        namespace.set("n", vec![b'x'; 100_000]).await.unwrap();
        namespace.set("n", b"123456".to_vec()).await.unwrap();
        namespace.delete("l").await;
        namespace.delete("l").await;
        namespace.consume_multiple(keys(&["m", "m"]), mode).await;
        let mut total = 0;
        let all = namespace.list_keys().await;
        for key in &all {
            total += namespace.get(key).await.unwrap().len();
        }
        let metadata = namespace.get_metadata().await;
        assert_eq!((metadata.key_count(), metadata.total_size()), (all.len(), total));
    }
}

#[tokio::test]
async fn a_namespace_has_four_shards_and_no_limits_unless_told() {
    let storage = storage().await;
    storage.create_namespace("a", None).await.unwrap();
    let config = storage.namespace("a").await.unwrap().get_config().await;
    assert_eq!((config.max_keys(), config.max_value_size(), config.shard_count()), (0, 0, 4));
}

#[tokio::test]
async fn the_number_of_keys_is_limited() {
    let namespace = namespace(3, 0);
    for key in ["a", "b", "c"] {
        namespace.set(key, b"v".to_vec()).await.unwrap();
    }
    assert_eq!(namespace.set("d", b"v".to_vec()).await, Err(RkvsError::MaxKeysReached(3)));
    namespace.set("a", b"other".to_vec()).await.unwrap();
    assert!(namespace.delete("b").await);
    namespace.set("d", b"v".to_vec()).await.unwrap();
    assert_eq!(namespace.get_metadata().await.key_count(), 3);
}

#[tokio::test]
async fn the_size_of_values_is_limited() {
    let namespace = namespace(0, 5);
    namespace.set("a", b"12345".to_vec()).await.unwrap();
    let too_large = RkvsError::ValueTooLarge { size: 6, max: 5 };
    assert_eq!(namespace.set("a", b"abcdef".to_vec()).await, Err(too_large.clone()));
    assert_eq!(namespace.set("a", b"123456".to_vec()).await, Err(too_large.clone()), "numbers have lengths too");
    assert_eq!(namespace.update("a", b"abcdef".to_vec()).await, Err(too_large));
    for mode in [BatchMode::AllOrNothing, BatchMode::BestEffort] {
        let batch = namespace.set_multiple(items(&[("b", "abcdef")]), mode).await;
        assert_eq!(batch.errors.unwrap()[0].error, Error::ValueTooLarge);
    }
    namespace.set_max_value_size(2).await.unwrap();
    assert_eq!(namespace.get("a").await.as_deref(), Some(&b"12345".to_vec()), "what is there stays");
}

#[tokio::test]
async fn a_change_of_configuration_is_whole_or_not_at_all() {
    let namespace = namespace(100, 50);
    for key in ["a", "b", "c"] {
        namespace.set(key, b"v".to_vec()).await.unwrap();
    }
    let config = NamespaceConfig::default();
    config.set_max_value_size(1);
    config.set_max_keys(2);
    let refused = namespace.update_config(config.clone()).await;
    assert_eq!(refused, Err(RkvsError::Engine(Error::MaxKeysBelowCount)));
    let now = namespace.get_config().await;
    assert_eq!((now.max_keys(), now.max_value_size()), (100, 50));
    config.set_max_keys(3);
    namespace.update_config(config.clone()).await.unwrap();
    assert!(namespace.set("d", b"v".to_vec()).await.is_err());
    config.set_max_keys(0);
    config.set_max_value_size(0);
    namespace.update_config(config).await.unwrap();
    namespace.set("d", vec![0; 1_000]).await.unwrap();
}

#[tokio::test]
async fn set_returns_the_old_value_for_keys_and_values_of_any_bytes() {
    let namespace = namespace(0, 0);
    let odd: [&[u8]; 6] = [b"", b"\0", b"a\0b", b"\xff\xfe", b"0", b"-0"];
    for key in odd {
        let mut expected: Option<StringValue> = None;
        for value in odd {
            assert_eq!(namespace.set_bytes(key, value.to_vec()).await.unwrap(), expected);
            expected = namespace.get_bytes(key).await;
            assert_eq!(expected.as_deref().map(Vec::as_slice), Some(value));
        }
    }
}

#[tokio::test]
async fn update_writes_only_what_is_there() {
    let namespace = namespace(0, 0);
    assert_eq!(namespace.update("k", b"v".to_vec()).await, Err(RkvsError::KeyNotFound));
    assert!(!namespace.exists("k").await);
    namespace.set("k", b"1".to_vec()).await.unwrap();
    assert_eq!(*namespace.update("k", b"2".to_vec()).await.unwrap(), b"1");
    assert!(namespace.delete("k").await);
    assert!(!namespace.delete("k").await);
}

#[tokio::test]
async fn consume_tells_missing_from_found() {
    let namespace = namespace(0, 0);
    namespace.set("k", b"1".to_vec()).await.unwrap();
    assert_eq!(*namespace.consume("k").await.unwrap(), b"1");
    assert_eq!(namespace.consume("k").await, Err(RkvsError::KeyNotFound));
}

#[tokio::test]
async fn an_all_or_nothing_set_names_every_offender_and_stores_nothing() {
    let namespace = namespace(3, 5);
    namespace.set("old", b"v".to_vec()).await.unwrap();
    let batch =
        items(&[("old", "2"), ("a", "toolong"), ("b", "1"), ("c", "1"), ("d", "1"), ("b", "2"), ("e", "toolong")]);
    let result = namespace.set_multiple(batch, BatchMode::AllOrNothing).await;
    assert!(!result.is_success() && result.data.is_none());
    assert_eq!((result.total_processed, result.total, result.failed()), (0, 7, 3));
    let failed: Vec<_> = result.errors.unwrap().iter().map(|error| (error.index, error.error)).collect();
    assert_eq!(failed, [(1, Error::ValueTooLarge), (4, Error::MaxKeys), (6, Error::ValueTooLarge)]);
    assert_eq!(namespace.list_keys().await, ["old"]);
    assert_eq!(*namespace.get("old").await.unwrap(), b"v");

    let batch = items(&[("a", "1"), ("b", "2"), ("a", "3"), ("old", "4")]);
    let result = namespace.set_multiple(batch, BatchMode::AllOrNothing).await.into_result().unwrap();
    let old: Vec<_> = result.data.unwrap().into_iter().map(|(key, old)| (key, old.map(|old| old.to_vec()))).collect();
    let expected = [("a", None), ("b", None), ("a", Some(b"1".to_vec())), ("old", Some(b"v".to_vec()))]
        .map(|(key, old)| (key.to_string(), old));
    assert_eq!(old, expected);
    assert_eq!(*namespace.get("a").await.unwrap(), b"3");
    assert_eq!(namespace.get_metadata().await.key_count(), 3);
}

#[tokio::test]
async fn a_best_effort_set_keeps_to_the_limits_and_reports_the_rest() {
    let namespace = namespace(3, 5);
    let batch: Vec<_> = (0..10).map(|number| (format!("k{number}"), b"v".to_vec())).collect();
    let result = namespace.set_multiple(batch, BatchMode::BestEffort).await;
    assert_eq!((result.total_processed, result.total, result.failed()), (3, 10, 7));
    let errors = result.errors.unwrap();
    assert!(errors.iter().zip(3..).all(|(error, index)| error.index == index && error.error == Error::MaxKeys));
    let result = namespace.set_multiple(items(&[("k0", "toolong"), ("k1", "ok")]), BatchMode::BestEffort).await;
    assert_eq!(result.data.unwrap(), [("k1".to_string(), Some(StringValue::Owned(b"v".to_vec())))]);
    assert_eq!(result.errors.unwrap()[0].error, Error::ValueTooLarge);
    assert_eq!(*namespace.get("k1").await.unwrap(), b"ok");
}

#[tokio::test]
async fn batches_of_reads_answer_in_input_order() {
    let namespace = namespace(0, 0);
    for key in ["a", "b", "c"] {
        namespace.set(key, key.as_bytes().to_vec()).await.unwrap();
    }
    let wanted = keys(&["c", "x", "a", "c", "y", "b"]);
    let result = namespace.get_multiple(wanted.clone(), BatchMode::AllOrNothing).await;
    let missing: Vec<_> =
        result.errors.unwrap().into_iter().map(|error| (error.index, error.key, error.error)).collect();
    assert_eq!(missing, [(1, "x".into(), Error::KeyNotFound), (4, "y".into(), Error::KeyNotFound)]);
    assert!(result.data.is_none());
    let result = namespace.get_multiple(wanted, BatchMode::BestEffort).await;
    let found: Vec<_> = result.data.unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(found, ["c", "a", "c", "b"]);
    assert_eq!((result.total_processed, result.errors.unwrap().len()), (4, 2));
}

#[tokio::test]
async fn batches_of_removals_take_all_or_what_is_there() {
    let namespace = namespace(0, 0);
    let all = items(&[("a", "1"), ("b", "2"), ("c", "3")]);
    for consume in [false, true] {
        namespace.set_multiple(all.clone(), BatchMode::BestEffort).await;
        let wanted = keys(&["a", "x", "b", "y", "a"]);
        let run = async |mode, wanted: Vec<String>| {
            if consume {
                let result = namespace.consume_multiple(wanted, mode).await;
                (result.total_processed, result.data.map(|data| data.len()), result.errors)
            } else {
                let result = namespace.delete_multiple(wanted, mode).await;
                (result.total_processed, result.data.map(|()| result.total_processed), result.errors)
            }
        };
        let (processed, data, errors) = run(BatchMode::AllOrNothing, wanted.clone()).await;
        assert_eq!((processed, data), (0, None));
        let missing: Vec<_> = errors.unwrap().iter().map(|error| error.index).collect();
        assert_eq!(missing, [1, 3, 4], "a key is gone the second time");
        assert_eq!(namespace.get_metadata().await.key_count(), 3);
        let (processed, data, errors) = run(BatchMode::BestEffort, wanted).await;
        assert_eq!((processed, data), (2, Some(2)));
        assert!(errors.unwrap().iter().all(|error| error.error == Error::KeyNotFound));
        assert_eq!(namespace.list_keys().await, ["c"]);
        let (processed, _, errors) = run(BatchMode::AllOrNothing, keys(&["c"])).await;
        assert_eq!((processed, errors), (1, None));
    }
}

#[tokio::test]
async fn a_batch_result_adds_up() {
    let namespace = namespace(0, 0);
    for mode in [BatchMode::AllOrNothing, BatchMode::BestEffort] {
        let empty = namespace.set_multiple(Vec::new(), mode).await;
        assert!(empty.is_success() && empty.data.as_ref().is_some_and(Vec::is_empty));
        assert_eq!((empty.total_processed, empty.total, empty.failed()), (0, 0, 0));
        assert!(!empty.duration.is_zero());
        let failed = namespace.get_multiple(keys(&["nobody"]), mode).await;
        assert!(!failed.is_success());
        assert_eq!(failed.data.is_none(), mode == BatchMode::AllOrNothing);
        let error = failed.into_result().unwrap_err();
        assert_eq!(error, RkvsError::BatchFailed { failed: 1, total: 1, first: 0, error: Error::KeyNotFound });
    }
}

#[tokio::test]
async fn keys_spread_evenly_over_shards_and_each_shard_is_counted() {
    let config = NamespaceConfig::default();
    config.set_shard_count(128);
    let namespace = Namespace::new("spread", &config).unwrap();
    for number in 0..100_000u32 {
        namespace.set_bytes(&number.to_le_bytes(), Vec::new()).await.unwrap();
    }
    let counts = namespace.get_shard_key_counts().await;
    assert_eq!((counts.len(), counts.iter().sum::<usize>()), (128, 100_000));
    let mean = 100_000.0 / 128.0;
    let deviation = counts.iter().map(|&count| (count as f64 - mean).abs()).sum::<f64>() / 128.0 / mean;
    // An ideal hash gives 2.9 % ± 0.2 %.
    assert!(deviation < 0.036, "{deviation}");
}

#[tokio::test]
async fn resizing_keeps_every_key_and_its_place_in_the_statistics() {
    let namespace = namespace(2_000, 0);
    for number in 0..1_000 {
        let value = if number % 10 == 0 { vec![b'x'; 3_000] } else { number.to_string().into_bytes() };
        namespace.set(&format!("k{number}"), value).await.unwrap();
    }
    let before = namespace.get_metadata().await;
    for shards in [17, 64, 1, 3] {
        namespace.resize_shards(shards).await.unwrap();
        assert_eq!(namespace.get_shard_key_counts().await.len(), shards);
        assert_eq!(namespace.get_metadata().await, before);
        for number in 0..1_000 {
            assert!(namespace.exists(&format!("k{number}")).await);
        }
    }
    for number in 0..1_000 {
        namespace.set(&format!("more{number}"), b"v".to_vec()).await.unwrap();
    }
    assert_eq!(namespace.set("one more", b"v".to_vec()).await, Err(RkvsError::MaxKeysReached(2_000)));
}

#[tokio::test]
async fn keys_are_listed_once_each_whatever_their_bytes() {
    let namespace = namespace(0, 0);
    let mut expected = HashSet::new();
    for number in 0..1_000u32 {
        let key = [&number.to_be_bytes()[..], b"\0\xff\r\n"].concat();
        namespace.set_bytes(&key, b"v".to_vec()).await.unwrap();
        expected.insert(key);
    }
    let listed = namespace.list_keys_bytes().await;
    assert_eq!(listed.len(), 1_000);
    assert_eq!(listed.into_iter().collect::<HashSet<_>>(), expected);
    let (mut cursor, mut scanned, mut steps) = (0, Vec::new(), 0);
    loop {
        let (next, keys) = namespace.scan_keys(cursor, 10).await;
        scanned.extend(keys);
        (cursor, steps) = (next, steps + 1);
        if cursor == 0 {
            break;
        }
    }
    assert_eq!(scanned.len(), 1_000);
    assert_eq!(scanned.into_iter().collect::<HashSet<_>>(), expected);
    assert!((90..=110).contains(&steps), "{steps} steps of ten");
}

#[tokio::test]
async fn nothing_works_before_initialization_but_what_says_so() {
    let storage = StorageManager::builder().build().await.unwrap();
    assert!(!storage.is_initialized());
    assert_eq!(storage.create_namespace("a", None).await, Err(RkvsError::NotInitialized));
    assert_eq!(storage.namespace("a").await.unwrap_err(), RkvsError::NotInitialized);
    assert_eq!(storage.list_namespaces().await, Err(RkvsError::NotInitialized));
    storage.initialize(None).await.unwrap();
    storage.initialize(None).await.unwrap();
    storage.create_namespace("a", None).await.unwrap();
}

#[tokio::test]
async fn without_a_directory_snapshots_are_refused_rather_than_ignored() {
    let off = RkvsError::PersistenceNotEnabled;
    let manager_autosave =
        Some(ManagerAutosaveConfig { interval: std::time::Duration::from_secs(1), filename: "everything.rkvs".into() });
    let config = StorageConfig { manager_autosave, ..StorageConfig::default() };
    let build = StorageManager::builder().with_config(config.clone()).build().await;
    assert_eq!(build.unwrap_err(), off);
    let storage = storage().await;
    assert!(!storage.has_persistence());
    assert_eq!(storage.save_all("file").await, Err(off.clone()));
    assert_eq!(storage.save_namespace("a", "file").await, Err(off.clone()));
    assert_eq!(storage.load_namespace("file").await, Err(off.clone()));
    assert_eq!(storage.stop_manager_autosave().await, Err(off.clone()));
    assert_eq!(storage.update_config(config).await, Err(off.clone()));
    assert_eq!(storage.get_config().await, StorageConfig::default());
    let other = StorageManager::builder().build().await.unwrap();
    assert_eq!(other.initialize(Some("file")).await, Err(off));
    assert!(!other.is_initialized());
}

#[tokio::test]
async fn hostile_names_counts_and_limits_are_refused_or_bounded() {
    let storage = storage().await;
    let long = "x".repeat(1 << 20);
    let names =
        ["", ".", "..", ".hidden", "a/b", "../../x", "a b", "a\0b", "a\nb", "\u{7f}", "{ns}", &long, &long[..129]];
    for name in names {
        assert_eq!(
            storage.create_namespace(name, None).await,
            Err(RkvsError::Engine(Error::NameInvalid)),
            "{name:.20}"
        );
    }
    for name in ["a", "0", "user:1_x-y.z", "Größe", &long[..128]] {
        storage.create_namespace(name, None).await.unwrap();
    }
    let config = NamespaceConfig::default();
    for shards in [0, 4_097, 1_000_000_000, usize::MAX] {
        config.set_shard_count(shards);
        let refused = storage.create_namespace("b", Some(config.clone())).await;
        assert_eq!(refused, Err(RkvsError::Engine(Error::ShardCountOutOfRange)));
    }
    config.set_shard_count(4_096);
    config.set_max_keys(usize::MAX);
    config.set_max_value_size(usize::MAX);
    storage.create_namespace("b", Some(config)).await.unwrap();
    let namespace = storage.namespace("b").await.unwrap();
    namespace.set("k", b"v".to_vec()).await.unwrap();
    assert!(namespace.delete("k").await);
    namespace.set_max_keys(1).await.unwrap();
    namespace.set("k", b"v".to_vec()).await.unwrap();
    assert_eq!(namespace.set("l", b"v".to_vec()).await, Err(RkvsError::MaxKeysReached(1)));
}
