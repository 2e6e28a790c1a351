// Frames and the queue to a client.
#include "outbox.hpp"

#include <gtest/gtest.h>

namespace paynamed::websocket {
namespace {

boost::intrusive_ptr<Batch> batch_of(std::initializer_list<std::size_t> sizes) {
  boost::intrusive_ptr<Batch> batch(new Batch);
  char letter = 'a';
  for (const std::size_t size : sizes) batch->add_text({std::string(size, letter++)});
  return batch;
}

std::string all_of(Outbox& outbox) {
  return outbox.take(1U << 30);
}

TEST(Batch, AFrameHasTheShortestLength) {
  const struct {
    std::size_t payload;
    std::string header;
  } cases[] = {{0, std::string("\x81\0", 2)},
               {125, "\x81\x7d"},
               {126, std::string("\x81\x7e\0\x7e", 4)},
               {65'535, "\x81\x7e\xff\xff"},
               {65'536, std::string("\x81\x7f\0\0\0\0\0\x01\0\0", 10)}};
  for (const auto& each : cases) {
    const auto batch = batch_of({each.payload});
    EXPECT_EQ(std::string(batch->data(), each.header.size()), each.header) << each.payload;
    EXPECT_EQ(batch->size(), each.header.size() + each.payload);
  }
}

TEST(Batch, PartsAreOneMessage) {
  const boost::intrusive_ptr<Batch> batch(new Batch);
  batch->add_text({"ab", "", "cde"});
  EXPECT_EQ(std::string(batch->data(), batch->size()),
            "\x81\x05"
            "abcde");
  EXPECT_EQ(batch->frames(), 1U);
}

TEST(Outbox, GivesBytesInOrderHoweverTheyAreTaken) {
  for (std::size_t step = 1; step < 12; ++step) {
    Outbox outbox;
    const auto batch = batch_of({3, 5, 2});
    outbox.push(frames_of(batch, 1, 3));
    outbox.push(text_slice("xyz"));
    outbox.push(frames_of(batch, 0, 1));
    const std::size_t total = outbox.bytes();
    std::string seen;
    while (!outbox.empty()) {
      std::array<iovec, 2> parts{};
      const std::size_t count = outbox.gather(parts);
      std::string next;
      for (std::size_t i = 0; i < count; ++i)
        next.append(static_cast<char*>(parts[i].iov_base), parts[i].iov_len);
      const std::size_t part = std::min(step, next.size());
      seen += next.substr(0, part);
      outbox.consume(part);
    }
    EXPECT_EQ(seen.size(), total);
    EXPECT_EQ(seen,
              "\x81\x05"
              "bbbbb"
              "\x81\x02"
              "cc"
              "\x81\x03"
              "xyz"
              "\x81\x03"
              "aaa");
  }
}

TEST(Outbox, WhatFollowsInTheSameBatchIsOnePart) {
  Outbox outbox;
  const auto batch = batch_of({3, 5, 2});
  for (std::size_t i = 0; i < 3; ++i) outbox.push(frames_of(batch, i, i + 1));
  std::array<iovec, 4> parts{};
  EXPECT_EQ(outbox.gather(parts), 1U);
  EXPECT_EQ(outbox.bytes(), batch->size());
}

TEST(Outbox, OnlyTheRestOfABegunFrameStaysWhenTheRestIsDropped) {
  const auto batch = batch_of({3, 5, 2});
  const struct {
    std::size_t sent;
    std::string rest;
  } cases[] = {{0, ""},
               {1,
                "\x03"
                "aaa"},
               {4, "a"},
               {5, ""},
               {6,
                "\x05"
                "bbbbb"},
               {16, ""}};
  for (const auto& each : cases) {
    Outbox outbox;
    outbox.push(whole(batch));
    outbox.push(text_slice("after"));
    outbox.consume(each.sent);
    outbox.drop_unsent();
    EXPECT_EQ(all_of(outbox), each.rest) << each.sent << " bytes were sent";
    EXPECT_TRUE(outbox.empty());
  }
}

TEST(Outbox, ABatchGoesWithItsLastSlice) {
  Outbox outbox;
  auto batch = batch_of({10});
  outbox.push(whole(batch));
  EXPECT_EQ(batch->use_count(), 2U);
  outbox.consume(5);
  EXPECT_EQ(batch->use_count(), 2U);
  outbox.consume(7);
  EXPECT_EQ(batch->use_count(), 1U);
}

TEST(Outbox, ALongQueueKeepsItsOrder) {
  Outbox outbox;
  std::string expected;
  std::string seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string text = std::to_string(i);
    outbox.push(text_slice(text));
    expected += "\x81";
    expected += static_cast<char>(text.size());
    expected += text;
    if (i % 3 == 0) seen += outbox.take(4);
  }
  seen += all_of(outbox);
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace paynamed::websocket
