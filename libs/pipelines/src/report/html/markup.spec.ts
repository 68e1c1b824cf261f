import { expect, it } from 'vitest';
import { markup } from './markup.js';

it('escapes what is put in, other markup excepted, and joins lists', () => {
  const name = `<img src=x onerror="alert('&')">`;
  const items = ['a', 'b'].map((item) => markup`<li>${item}</li>`);
  expect(
    String(
      markup`<ul title="${name}">
        ${items}${undefined}
      </ul>`,
    ).replace(/\s+/g, ' '),
  ).toBe('<ul title="&lt;img src=x onerror=&quot;alert(&#39;&amp;&#39;)&quot;&gt;"> <li>a</li><li>b</li> </ul>');
});
