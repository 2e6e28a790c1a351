// StrictServer: a server of signed DNS messages on loopback (TCP), written from RFC 8945 and RFC 2136 alone,
// without the library that the plugin uses. It checks the signature of what it gets and signs as the test
// tells it, also wrongly.
//
// Threads: answers are made on the server's own thread; every public function may be called from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace paynamed::rfc2136 {

using WireBytes = std::vector<std::uint8_t>;

// A signed message, taken apart.
struct SignedMessage {
  WireBytes unsigned_wire;  // with the count of additional records that it had before it was signed
  std::uint16_t id = 0;
  int opcode = 0;
  std::string key_name;   // as it was sent, with the final dot
  std::string algorithm;  // the same
  std::uint64_t time = 0;
  std::uint16_t fudge = 0;
  WireBytes mac;
};

struct StrictKey {
  std::string name = "paynamed.";
  std::string algorithm = "hmac-sha256.";
  WireBytes secret;
};

enum class Signature {
  kRight,
  kNone,
  kWrongMac,        // one bit differs
  kShortMac,        // the first half of the right one
  kOtherSecret,     // right, but of another secret
  kOtherName,       // right, but under another key's name
  kOtherAlgorithm,  // right, but of the other algorithm
  kOtherRequest,    // right for a request that was not this one: a replay
  kEmptyMac,        // as servers answer who do not know the key
};

struct StrictReply {
  int rcode = 0;
  Signature signature = Signature::kRight;
  int tsig_error = 0;
  std::optional<std::uint64_t> server_time = {};  // RFC 8945 section 5.2.3: with BADTIME
  bool wrong_id = false;
  bool authoritative = false;
  // Answer records in wire form, behind a copy of the question.
  std::vector<WireBytes> answer = {};
};

class StrictServer {
 public:
  using Script = std::function<StrictReply(const SignedMessage&)>;

  // Throws std::runtime_error when the port cannot be had; 0: a free one.
  StrictServer(StrictKey key, Script script, const std::string& address = "127.0.0.1",
               std::uint16_t port = 0);
  ~StrictServer();

  std::uint16_t port() const { return port_; }
  int messages() const { return messages_; }
  // What broke the rules of a signed message, one line each.
  std::vector<std::string> complaints() const;

 private:
  void serve();
  void answer(int connection);
  void complain(const std::string& what);

  const StrictKey key_;
  const Script script_;
  int listener_ = -1;
  int wake_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> messages_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> complaints_;
  std::thread thread_;
};

// An uncompressed TXT record of one string, in wire form.
WireBytes txt_record(const std::string& owner, const std::string& text);

}  // namespace paynamed::rfc2136
