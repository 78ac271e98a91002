import { after, before, test } from 'node:test';
import { RELEASE, sharedBed } from '../support/bed.ts';
import { inPods } from '../support/kassette/kassette.ts';
import { sharedRing } from '../support/ring.ts';
import { Story } from '../support/story.ts';

const datacenter = sharedRing(sharedBed());
let story: Story;

before(async () => {
  story = await Story.begin(datacenter);
});
after(() => story?.end());

test(`examples/datacenter.yaml with ${RELEASE}: the same by pods with the generated service account`, async () =>
  story.tell(await inPods(datacenter)));
