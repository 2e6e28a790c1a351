// What an SqliteStore is made of; for its own files alone.
//
// Threads: as SqliteStore.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "state/event_waits.hpp"
#include "state/reader.hpp"
#include "state/sqlite_store.hpp"
#include "state/state_file.hpp"
#include "state/writer_thread.hpp"

namespace paynamed::state {

struct SqliteStore::Parts {
  Parts(Settings chosen, FileLock taken, base::Clock& clock)
      : settings(std::move(chosen)), lock(std::move(taken)), waits(clock) {}
  Settings settings;
  FileLock lock;
  EventWaits waits;
  std::unique_ptr<WriterThread> writer;
  // After the writer in this list, so closed before it: the last connection to close would checkpoint.
  std::unique_ptr<ReaderPool> readers;

  template <class Value>
  boost::asio::awaitable<Result<Value>> submit(std::function<Result<Value>(UnitWriter&)> action) {
    auto executor = co_await boost::asio::this_coro::executor;
    auto initiate = [this, executor, &action](auto handler) {
      writer->push(std::make_unique<QueuedWriteOf<Value>>(executor, std::move(action), std::move(handler)));
    };
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<Value>)>(
        std::move(initiate), boost::asio::use_awaitable);
  }
};

}  // namespace paynamed::state
