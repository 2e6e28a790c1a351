// FakeDnsServer: a DNS server in the test's own process that answers what the test scripts, by UDP and TCP on
// one port of a loopback address. It is strict about questions: a query that is not well-formed gets no
// answer and is counted.
//
// Threads: answers are made on the server's own thread; every public function may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace paynamed::fakes {

struct FakeQuestion {
  std::string name;  // as it was sent, with the final dot
  std::uint16_t type = 0;
  bool tcp = false;
  bool dnssec_ok = false;
  bool recursion_desired = false;
  int number = 0;  // 1 for the first question that this server got
};

struct FakeRecord {
  std::string owner;
  std::uint16_t type = 0;
  std::uint32_t ttl = 60;
  std::vector<std::uint8_t> rdata;
};

// The rdata of one type from text.
FakeRecord fake_txt(std::string owner, std::vector<std::string> strings, std::uint32_t ttl = 60);
FakeRecord fake_a(std::string owner, const std::string& address);
FakeRecord fake_aaaa(std::string owner, const std::string& address);
FakeRecord fake_ns(std::string owner, const std::string& server);
FakeRecord fake_cname(std::string owner, const std::string& target);
FakeRecord fake_soa(std::string owner, std::uint32_t serial = 1);

struct FakeReply {
  std::uint16_t rcode = 0;
  bool authoritative = true;
  bool truncated = false;
  std::vector<FakeRecord> answer;
  std::vector<FakeRecord> authority;
  std::vector<FakeRecord> additional;

  bool drop = false;              // no answer at all
  std::vector<std::uint8_t> raw;  // instead of all above: these bytes; the id of the question is written into
                                  // the first two when there are as many
  // Sent before the real answer (UDP only).
  bool first_wrong_id = false;
  bool first_wrong_question = false;
  bool first_from_stranger = false;  // the right bytes with a forged value, from another socket
  int garbage_packets = 0;           // that many packets with a wrong id
  bool cut_tcp = false;              // TCP: the length says more than comes, then the connection closes
  bool no_question = false;          // the question section is left away
};

using FakeDnsScript = std::function<FakeReply(const FakeQuestion&)>;

// What such a server sends back for the bytes of one message, for servers that carry them over something else
// (`tcp` is set in the question). Nothing when they are no well-formed question or the script drops it.
std::optional<std::vector<std::uint8_t>> fake_dns_reply(const FakeDnsScript& script,
                                                        const std::vector<std::uint8_t>& message);

class FakeDnsServer {
 public:
  using Script = FakeDnsScript;

  // Port 0: one that is free for UDP and TCP. Throws std::runtime_error when the port cannot be had.
  explicit FakeDnsServer(Script script, std::string address = "127.0.0.1", std::uint16_t port = 0);
  ~FakeDnsServer();

  const std::string& address() const;
  std::uint16_t port() const;
  // Every well-formed question so far.
  std::vector<FakeQuestion> questions() const;
  int malformed_questions() const;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace paynamed::fakes
