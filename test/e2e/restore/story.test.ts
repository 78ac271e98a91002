import { after, before, test } from 'node:test';
import { RELEASE, sharedBed } from '../support/bed.ts';
import { outside } from '../support/kassette/kassette.ts';
import { sharedRing } from '../support/ring.ts';
import { Story } from '../support/story.ts';

const datacenter = sharedRing(sharedBed());
let story: Story;

before(async () => {
  story = await Story.begin(datacenter);
});
after(() => story?.end());

test(`examples/datacenter.yaml with ${RELEASE}: backed up, deleted, restored from outside; the data are identical`, () =>
  story.tell(outside(datacenter)));
