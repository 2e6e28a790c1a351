// The lines of text/event-stream.
#include "api/server_sent_event.hpp"

#include <gtest/gtest.h>

namespace paynamed::api {
namespace {

TEST(ServerSentEvent, DataOfSeveralLinesStaysOneEvent) {
  struct Case {
    std::string data;
    std::string lines;
  };
  for (const Case& c : std::vector<Case>{{"{}", "data: {}\n"},
                                         {"", "data: \n"},
                                         {"a\nb", "data: a\ndata: b\n"},
                                         {"a\r\nb", "data: a\ndata: b\n"},
                                         {"a\rb", "data: a\ndata: b\n"},
                                         {"a\n\nid: 9-9", "data: a\ndata: \ndata: id: 9-9\n"},
                                         {"a\n", "data: a\ndata: \n"}}) {
    std::string out;
    append_event(out, "1-2", "name.live", c.data);
    EXPECT_EQ(out, "id: 1-2\nevent: name.live\n" + c.lines + "\n");
  }
}

TEST(ServerSentEvent, HeartbeatsAndHintsAreNoEvents) {
  std::string out;
  append_heartbeat(out, {});
  append_heartbeat(out, "1-7");
  append_retry(out, base::Duration{2500});
  EXPECT_EQ(out, ": alive\n\n: alive\nid: 1-7\n\nretry: 2500\n\n");
}

}  // namespace
}  // namespace paynamed::api
