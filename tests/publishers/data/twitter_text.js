// Answers of npm's twitter-text for a JSON list of texts on standard input: [[weighted length, number of links], ...]
const twitter = require(process.env.TWITTER_TEXT || "twitter-text");
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const answer = (text) => [
  twitter.parseTweet(text).weightedLength,
  twitter.extractUrls(text.normalize()).length,
];
process.stdout.write(JSON.stringify(texts.map(answer)));
