// Signatures: AWS's own suite where its folder is there, and cases of our own.
#include "sigv4.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace paynamed::route53 {
namespace {

namespace fs = std::filesystem;

constexpr SigningKey kKey{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service"};
constexpr char kDate[] = "20150830T123600Z";

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

fs::path folder() {
  const char* variable = std::getenv("PAYNAMED_VECTORS");
  const fs::path vectors = variable != nullptr ? variable : PAYNAMED_VECTORS;
  return vectors.empty() ? fs::path() : vectors / "sigv4";
}

// The suite's request files: a request line, headers whose values may go on in lines that begin with a space,
// a body.
Signable read_request(const std::string& text) {
  Signable request;
  const auto line_end = text.find('\n');
  const std::string first = text.substr(0, line_end);
  request.method = first.substr(0, first.find(' '));
  const std::string target = first.substr(first.find(' ') + 1, first.rfind(' ') - first.find(' ') - 1);
  request.path = target.substr(0, target.find('?'));
  if (target.find('?') != target.npos) request.query = target.substr(target.find('?') + 1);
  std::string rest = line_end == text.npos ? "" : text.substr(line_end + 1);
  const auto body = rest.find("\n\n");
  if (body != rest.npos) {
    request.body = rest.substr(body + 2);
    rest.resize(body);
  }
  std::istringstream lines(rest);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    if (line.front() == ' ') {
      request.headers.back().second += "\n" + line;
    } else {
      request.headers.emplace_back(line.substr(0, line.find(':')), line.substr(line.find(':') + 1));
    }
  }
  return request;
}

TEST(SigV4, EveryCaseOfTheSuite) {
  if (folder().empty() || !fs::exists(folder()))
    GTEST_SKIP() << "set PAYNAMED_VECTORS to the folder of the vectors";
  std::size_t cases = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder())) {
    if (entry.path().extension() != ".req") continue;
    ++cases;
    const auto file = [&](const char* kind) {
      return text_of(fs::path(entry.path()).replace_extension(kind));
    };
    Signable request = read_request(text_of(entry.path()));
    // That token is put beside the request after it was signed.
    if (entry.path().stem() == "post-sts-header-after") {
      std::erase_if(request.headers,
                    [](const auto& header) { return header.first == "X-Amz-Security-Token"; });
    }
    const std::string name = entry.path().stem().string();
    // Here the signer puts it there.
    if (name == "get-vanilla-with-session-token") {
      const auto sent = read_request(file(".sreq"));
      for (const auto& header : sent.headers) {
        if (header.first == "X-Amz-Security-Token") request.headers.push_back(header);
      }
    }
    EXPECT_EQ(canonical_request(request), file(".creq")) << name;
    EXPECT_EQ(string_to_sign(request, kDate, kKey), file(".sts")) << name;
    EXPECT_EQ(authorization(request, kDate, kKey), file(".authz")) << name;
  }
  EXPECT_GE(cases, 34U) << "cases are missing in " << folder();
}

struct Case {
  const char* what;
  Signable request;
  const char* path;
  const char* query;
};

TEST(SigV4, PathsAndQueriesAreCanonical) {
  const auto get = [](const char* path, const char* query) {
    Signable request;
    request.method = "GET";
    request.path = path;
    request.query = query;
    return request;
  };
  for (const Case& each : {
           Case{"nothing", get("/", ""), "/", ""},
           Case{"dots and slashes", get("/./a//b/../c/", ""), "/a/c/", ""},
           Case{"up beyond the root", get("/../../a", ""), "/a", ""},
           Case{"what is encoded already", get("/a%2Fb", ""), "/a%252Fb", ""},
           Case{"a query out of order", get("/", "b=2&a=1&a=0"), "/", "a=0&a=1&b=2"},
           Case{"a name without a value", get("/", "a"), "/", "a="},
           Case{"what need not be encoded", get("/", "a=%41%7E&b=x%20y"), "/", "a=A~&b=x%20y"},
           Case{"a percent sign that escapes nothing", get("/", "a=5%"), "/", "a=5%25"},
           Case{"the next page", get("/", "name=%5C052.example.com."), "/", "name=%5C052.example.com."},
       }) {
    std::istringstream lines(canonical_request(each.request));
    std::string method;
    std::string path;
    std::string query;
    std::getline(lines, method);
    std::getline(lines, path);
    std::getline(lines, query);
    EXPECT_EQ(path, each.path) << each.what;
    EXPECT_EQ(query, each.query) << each.what;
  }
}

TEST(SigV4, HeadersAreTrimmedSortedAndJoined) {
  Signable request;
  request.method = "POST";
  request.headers = {{"X-Amz-Date", kDate}, {"host", " a.example  "}, {"B", "2"}, {"b", " 1   1 "}};
  const std::string canonical = canonical_request(request);
  EXPECT_NE(canonical.find("\nb:2,1 1\nhost:a.example\nx-amz-date:20150830T123600Z\n\nb;host;x-amz-date\n"),
            canonical.npos)
      << canonical;
}

TEST(SigV4, TheSignatureDependsOnEverything) {
  Signable request;
  request.method = "GET";
  request.headers = {{"host", "route53.amazonaws.com"}, {"X-Amz-Date", kDate}};
  const std::string signed_as_is = authorization(request, kDate, kKey);
  const auto differs = [&](Signable changed, SigningKey key, const char* date) {
    return authorization(changed, date, key) != signed_as_is;
  };
  Signable other = request;
  other.method = "POST";
  EXPECT_TRUE(differs(other, kKey, kDate));
  other = request;
  other.path = "/x";
  EXPECT_TRUE(differs(other, kKey, kDate));
  other = request;
  other.query = "a=b";
  EXPECT_TRUE(differs(other, kKey, kDate));
  other = request;
  other.body = "x";
  EXPECT_TRUE(differs(other, kKey, kDate));
  other = request;
  other.headers[0].second = "elsewhere";
  EXPECT_TRUE(differs(other, kKey, kDate));
  EXPECT_TRUE(differs(request, {"AKIDEXAMPLE", "other", "us-east-1", "service"}, kDate));
  EXPECT_TRUE(differs(request, {"AKIDEXAMPLE", kKey.secret_access_key, "us-west-1", "service"}, kDate));
  EXPECT_TRUE(differs(request, kKey, "20150831T123600Z"));
  EXPECT_EQ(signed_as_is.find(kKey.secret_access_key), std::string::npos);
}

TEST(SigV4, DatesAreUtcWithoutSeparators) {
  EXPECT_EQ(amz_date(std::chrono::sys_seconds(std::chrono::seconds(1440938160))), kDate);
}

}  // namespace
}  // namespace paynamed::route53
