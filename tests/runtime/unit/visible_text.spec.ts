import { test } from '@japa/runner'
import { visibleLogLine, visibleText } from '#runtime/visible_text'

test.group('A text of another system', () => {
  test('has escapes for what changes the text around it, and keeps the rest', ({ assert }) => {
    assert.equal(
      visibleText('\u001b[2J\u009b\u202e\u2066\u200b\ud800'),
      String.raw`\u001b[2J\u009b\u202e\u2066\u200b\ud800`
    )
    const harmless = 'Größe\n\t“x” 🏳️‍🌈 می‌خواهم \\u001b'
    assert.equal(visibleText(harmless), harmless)
  })

  test('has no control characters when its log line is decoded', ({ assert }) => {
    for (const text of ['\u001b[2J', '\\\u001b', '\\\\\u001b\u202e', '\\u001b']) {
      const line = visibleLogLine(`${JSON.stringify({ msg: text })}\n`)
      assert.isTrue(line.endsWith('}\n'))
      assert.notMatch(JSON.parse(line).msg, /[\p{Cc}\u202e]/u)
    }
    const plain = `${JSON.stringify({ msg: 'a "quoted" \\ text, "\\u001b"' })}\n`
    assert.equal(visibleLogLine(plain), plain)
  })
})
